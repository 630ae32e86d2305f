/**
 * The tab "Control": the channels as a whole, every type with its options, and other lines (C-06, A-34).
 *
 * @typedef {import("./preferences-rules.js").State} State
 * @typedef {import("./preferences-desk.js").Desk} Desk
 */

import {element} from "./dom.js";
import {numberOf} from "./preferences-rules.js";
import {typeTables} from "./preferences-types.js";
import {words} from "./strings.js";

/** A number as people write it: E.164, with spaces, dots, dashes and brackets (escaped: browsers read it with the flag `v`). */
const NUMBER = "\\s*\\+([\\s.\\(\\)\\-]*[0-9]){7,15}\\s*";

/** @param {State} state @param {Desk} desk @returns {HTMLElement[]} */
export function controlPanel({types, numbers, preferences}, desk) {
  const lines = [element("h3", {text: words.preferencesLines}), quiet(words.preferencesLinesHint),
    desk.controls.list(numbers, (state) => state.lines, (id, on) => desk.choose("lines", id, on))];
  const legend = words.preferencesOptions.map((name, at) => element("div", {}, element("dt", {text: name}), element("dd", {class: "quiet", text: words.preferencesHints[at]})));
  return [element("div", {class: "panel ways"}, texts(desk), mails(desk), rest(desk, preferences.quiet_hours?.time_zone)),
    element("dl", {}, ...legend), ...typeTables(types, desk), ...(numbers.length ? lines : [])];
}

/** @param {Desk} desk */
function texts(desk) {
  const number = element("input", {type: "tel", autocomplete: "tel", pattern: NUMBER, title: words.preferencesNumberHint, placeholder: words.preferencesNumberHint});
  desk.controls.shows(({preferences}) => { number.disabled = !preferences.channels.text.enabled; });
  return element("div", {}, channelSwitch(desk, words.preferencesTexts, "text", "enabled"),
    labelled(words.preferencesNumber, desk.controls.field(number, ({preferences}) => preferences.channels.text.custom_number,
      () => desk.save({channels: {text: {custom_number: numberOf(number.value)}}}, words.preferencesNumber))));
}

/** @param {Desk} desk */
function mails(desk) {
  return element("div", {}, channelSwitch(desk, words.preferencesMails, "email", "enabled"), channelSwitch(desk, words.preferencesCopy, "email", "copy"),
    amount(desk, words.preferencesGrace, "grace_minutes", 0, 1440), amount(desk, words.preferencesCap, "daily_cap", 1, 1000));
}

/** A number that e-mails keep to; empty: as the account has it. @param {Desk} desk @param {string} text @param {"grace_minutes" | "daily_cap"} name @param {number} min @param {number} max */
function amount(desk, text, name, min, max) {
  const field = element("input", {type: "number", min, max});
  desk.controls.shows(({preferences}) => { field.disabled = !preferences.channels.email.enabled; });
  return labelled(text, desk.controls.field(field, ({preferences}) => String(preferences.channels.email[name] ?? ""),
    () => desk.save({channels: {email: {[name]: field.value ? Number(field.value) : null}}}, text)));
}

/** @param {Desk} desk @param {string} text @param {"text" | "email"} channel @param {string} name */
function channelSwitch(desk, text, channel, name) {
  return labelled(text, desk.controls.check(null, ({preferences}) => /** @type {any} */ (preferences.channels[channel])[name],
    (on) => desk.save({channels: {[channel]: {[name]: on}}})));
}

/** @param {Desk} desk @param {string} [kept] the zone that is set: not every browser knows every name */
function rest(desk, kept = "") {
  const names = new Set(["", kept, ...Intl.supportedValuesOf("timeZone")]);
  const zone = element("select", {}, ...[...names].map((name) => element("option", {value: name, text: name || words.preferencesOwnZone})));
  const [from, to] = [0, 1].map(() => element("input", {type: "time", required: true}));
  const fields = /** @type {const} */ ([[words.preferencesFrom, from, "from"], [words.preferencesTo, to, "to"], [words.preferencesZone, zone, "time_zone"]]);
  const hours = element("div", {class: "hours"}, ...fields.map(([text, field, name]) => labelled(text, desk.controls.field(field, ({preferences}) => preferences.quiet_hours?.[name],
    () => desk.save({quiet_hours: {from: from.value, to: to.value, ...(zone.value && {time_zone: zone.value})}}, words.preferencesQuiet)))));
  desk.controls.shows(({preferences}) => { hours.hidden = !preferences.quiet_hours; });
  return element("div", {}, labelled(words.preferencesQuiet, desk.controls.check(null, ({preferences}) => preferences.quiet_hours !== null,
    (on) => desk.save({quiet_hours: on ? {from: "22:00", to: "07:00"} : null}))), quiet(words.preferencesQuietHint), hours);
}

/** @param {string} text */
function quiet(text) {
  return element("p", {class: "quiet", text});
}

/** @param {string} text @param {HTMLElement} field */
function labelled(text, field) {
  return field.matches("[type=checkbox]") ? element("label", {class: "switch"}, field, text) : element("label", {class: "quiet"}, text, field);
}
