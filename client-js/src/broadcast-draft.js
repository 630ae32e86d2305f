/**
 * What a message to many people is while it is written, and what became of it: worked out without a page.
 *
 * @typedef {{title: string, message: string, url: string, until: string, at: string, groups: string[]}} Draft
 * @typedef {{message: string, groups: string[], title?: string, url?: string, expires_at?: string}} Body
 * @typedef {{field: string, message: string}} Fault
 * @typedef {{
 *   id: string, title: string, body: string, by: string, at: string, status: string,
 *   recipients: number, delivered: number, shown: number, dismissed: number, emailed: number,
 * }} Broadcast
 */

import {words} from "./strings.js";

/** Characters of a message. */
export const LONGEST = 2000;
const HOUR = 3_600_000;

/** @type {Draft} */
export const EMPTY = {title: "", message: "", url: "", until: "", at: "", groups: []};

/** Count characters as the hub does: trimmed, and what takes two places in a string as one. @param {string} text */
export function measure(text) {
  return [...text.trim()].length;
}

/**
 * Say what is missing or too much, before the hub has to. It has the last word all the same.
 * @param {Draft} draft
 * @returns {Fault[]}
 */
export function faults({message, groups, until, at}) {
  const length = measure(message);
  const found = [
    {field: "message", message: length ? length > LONGEST && words.broadcastLong(length - LONGEST) : words.broadcastEmpty},
    {field: "groups", message: !groups.length && words.broadcastChoose},
    {field: "expires_at", message: until === "at" && !at && words.broadcastWhen},
  ];
  return /** @type {Fault[]} */ (found.filter((fault) => fault.message));
}

/**
 * Write the request; what was left empty is left out.
 * @param {Draft} draft
 * @param {Date} now
 * @returns {Body}
 */
export function request({title, message, groups, url, until, at}, now) {
  const expiresAt = expiry(until, at, now)?.toISOString();
  return {message, groups, title: title.trim() || undefined, url: url.trim() || undefined, expires_at: expiresAt};
}

/**
 * Say when it is taken down; the times are those of whoever writes.
 * @param {string} until hour, today, at; anything else is never
 * @param {string} at as `<input type="datetime-local">` gives it
 * @param {Date} now
 */
function expiry(until, at, now) {
  switch (until) {
    case "hour": return new Date(now.getTime() + HOUR);
    case "today": return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
    case "at": return new Date(at);
    default: return null;
  }
}

/** Tell whether it was withdrawn. @param {Broadcast} broadcast */
export function withdrawn({status}) {
  return status === "recalled" || status === "expired";
}

/** Tell whether nothing can change any more. @param {Broadcast} broadcast */
export function finished(broadcast) {
  return withdrawn(broadcast) || broadcast.dismissed >= broadcast.recipients;
}
