/**
 * The frames of the hub's WebSocket, subprotocol `hub.v1+json` (protocol.md 7): their types, how they are read and
 * written, and what each close code asks of a client. No state, no I/O.
 *
 * @typedef {"focused" | "visible" | "hidden" | "frozen"} AttentionState
 * @typedef {{epoch: string, seq: number}} Position
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {string | null} [event]
 * @property {string} type
 * @property {string} title
 * @property {string | null} [body] plain text
 * @property {string} [html] of a few harmless elements, cleaned by the hub; html.js shows it without parsing markup
 * @property {string} [url]
 * @property {string} account
 * @property {string} [contact]
 * @property {string} at RFC 3339
 * @property {"unread" | "read" | "archived"} state
 * @property {boolean} sticky
 * @property {boolean} important
 * @property {boolean} sample
 * @property {string} [sender]
 * @property {Record<string, unknown>} [data]
 * @property {string} [reason] why this user got it
 *
 * @typedef {{op: "welcome", user: string, roles: string[], tab: string, epoch: string, seq: number, recovered: boolean,
 *   elected: boolean, unread: number, popups: Entry[], inbox?: Entry[], heartbeat: number, expires_at: string}} Welcome
 * @typedef {{op: "notify", seq: number, popup: boolean, entry: Entry, unread: number}} Notify
 * @typedef {{op: "elected", elected: boolean, popups: Entry[]}} Elected
 * @typedef {{op: "dismissed" | "recalled" | "archived" | "restored", seq?: number, ids: string[], unread: number}} Marked
 * @typedef {{op: "read", seq?: number, ids?: string[], up_to?: number, unread: number}} Read
 * @typedef {{op: "preferences", preferences: Record<string, unknown>, roles?: string[]}} PreferencesChanged
 * @typedef {{op: "ack", ref: number, changed: string[], unknown: string[], unread: number}} Ack
 * @typedef {{op: "error", ref?: number, code: string, message: string}} Refused
 * @typedef {{op: "ping"}} Ping
 * @typedef {{op: "bye", code: number, reconnect: boolean, delay_ms?: [number, number]}} Bye
 * @typedef {Welcome | Notify | Elected | Marked | Read | PreferencesChanged | Ack | Refused | Ping | Bye} HubFrame
 *
 * @typedef {{op: "hello", token: string, tab: string, state: AttentionState, after: Position | null, client: string}} Hello
 * @typedef {{op: "state", state: AttentionState}} StateReport
 * @typedef {{op: "shown" | "faded", ids: string[]}} PopupReport
 * @typedef {{op: "dismiss", ids: string[], ref: number}} Dismiss
 * @typedef {{op: "read", ids?: string[], up_to?: number, ref: number}} MarkRead
 * @typedef {{op: "token", token: string}} FreshToken
 * @typedef {{op: "pong"}} Pong
 * @typedef {Hello | StateReport | PopupReport | Dismiss | MarkRead | FreshToken | Pong} TabFrame
 *
 * @typedef {(value: unknown) => boolean} Check
 */

export const SUBPROTOCOL = "hub.v1+json";

/** @type {(type: string) => Check} */
const is = (type) => (value) => typeof value === type;
/** @type {(check: Check) => Check} */
const list = (check) => (value) => Array.isArray(value) && value.every(check);
const text = is("string");
const flag = is("boolean");
/** @type {Check} */
const count = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @type {Check} */
const positive = (value) => typeof value === "number" && value > 0;
/** @type {Check} */
const map = (value) => Object(value) === value && !Array.isArray(value);
/** @type {(value: any) => boolean} */
const entry = (value) => map(value) && text(value.id) && text(value.title);
const texts = list(text);
const entries = list(entry);
/** @type {(check: Check) => Check} */
const maybe = (check) => (value) => value === undefined || value === null || check(value);

// Without `seq` it is not part of the log: a log-in-as session closed or read these for itself.
const marked = {seq: maybe(count), ids: texts, unread: count};

/** What a frame must have to be used at all; more fields are welcome, other ops are ignored. */
/** @type {Record<string, Record<string, Check>>} */
const SHAPES = {
  welcome: {
    user: text, roles: texts, epoch: text, seq: count, recovered: flag, elected: flag, unread: count,
    popups: entries, inbox: maybe(entries), heartbeat: positive, expires_at: text,
  },
  notify: {seq: count, popup: flag, entry, unread: count},
  elected: {elected: flag, popups: entries},
  dismissed: marked,
  recalled: marked,
  archived: marked,
  restored: marked,
  read: {seq: maybe(count), ids: maybe(texts), up_to: maybe(count), unread: count},
  preferences: {preferences: map, roles: maybe(texts)},
  ack: {ref: count, changed: texts, unknown: texts, unread: count},
  error: {code: text, message: text},
  ping: {},
  bye: {code: count, reconnect: flag},
};

/**
 * Read one message from the hub; null for one that this client does not know or cannot use.
 * @param {unknown} data
 * @returns {HubFrame | null}
 */
export function decode(data) {
  try {
    const frame = JSON.parse(/** @type {string} */ (data));
    const shape = Object.hasOwn(SHAPES, frame.op) ? SHAPES[frame.op] : null;
    return shape && Object.entries(shape).every(([name, check]) => check(frame[name])) ? frame : null;
  } catch {
    return null;
  }
}

/**
 * @param {TabFrame} frame
 * @returns {string}
 */
export function encode(frame) {
  return JSON.stringify(frame);
}

/** Close codes that a person or a program wants to tell apart, by name. */
/** @type {Readonly<Record<number, string>>} */
export const CLOSE_CODES = {
  4000: "draining", 4001: "rebalance", 4002: "too_slow", 4003: "resync", 4004: "no_pong", 4005: "token_expired",
  4006: "rate_limited", 4007: "store_unavailable",
  4500: "bad_token", 4501: "bad_message", 4502: "no_hello", 4503: "removed", 4504: "too_many_tabs", 4505: "tab_replaced",
};

/**
 * Say what a close code asks for: come back, come back with a new token, try once more with a new token, or stay away
 * and tell the person.
 * @param {number} code
 * @returns {"reconnect" | "refresh" | "renew" | "stop"}
 */
export function policy(code) {
  if (code === 4005) return "refresh";
  // 1009: a message was too big, as hello is with a whole page in place of a token.
  if (code === 4500 || code === 1009) return "renew";
  return code >= 4500 && code <= 4999 ? "stop" : "reconnect";
}

/**
 * Read what a token says of itself; nothing where it cannot be read. Nothing is trusted by this: it only tells when to ask
 * for the next one, and whose tabs belong together.
 * @param {string} token
 * @returns {{exp?: unknown, act?: {sub?: unknown}}}
 */
export function claims(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))) ?? {};
  } catch {
    return {};
  }
}

/**
 * Tell when a token ends, in ms since 1970; null where it does not say.
 * @param {string} token
 * @returns {number | null}
 */
export function expiry(token) {
  const {exp} = claims(token);
  return typeof exp === "number" ? exp * 1000 : null;
}
