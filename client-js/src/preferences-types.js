/**
 * The types, category by category: a row each, with a check box for every option it offers, and for all of a row or column.
 *
 * @typedef {import("./preferences-rules.js").Cell} Cell
 * @typedef {import("./preferences-rules.js").Option} Option
 * @typedef {import("./preferences-rules.js").Type} Type
 * @typedef {import("./preferences-desk.js").Desk} Desk
 */

import {element} from "./dom.js";
import {finder} from "./finder.js";
import {cellsOf, grouped, isLocked, offers, OPTIONS, rowOf, share, turned} from "./preferences-rules.js";
import {words} from "./strings.js";

/** @param {readonly Type[]} types @param {Desk} desk @returns {HTMLElement[]} */
export function typeTables(types, desk) {
  /** @type {{node: HTMLElement, text: string}[]} */
  const rows = [];
  const tables = [...grouped(types)].map(([category, members]) => {
    const made = members.map((type) => ({node: row(type, desk), text: `${type.title} ${type.description}`}));
    rows.push(...made);
    const head = element("thead", {}, headers(words.preferencesCategory(category), members, desk));
    return element("table", {class: "panel"}, head, element("tbody", {}, ...made.map(({node}) => node)));
  });
  return [finder(rows, (wanted) => {
    for (const table of tables) {
      table.hidden = !table.querySelector("tbody > :not([hidden])");
      // The toggle of a column would reach rows that are not to be seen.
      table.classList.toggle("part", wanted !== "");
    }
  }), ...tables];
}

/** @param {string} category @param {readonly Type[]} members @param {Desk} desk */
function headers(category, members, desk) {
  return element("tr", {}, element("th", {scope: "col"}, element("h3", {text: category})), ...OPTIONS.map((option, at) => {
    const name = words.preferencesOptions[at];
    const cells = cellsOf(members, option);
    if (!members.some((type) => offers(type, option))) return element("td");
    return element("th", {scope: "col", abbr: name},
      element("label", {}, name, cells.length > 1 ? toggle(words.preferencesAll(words.preferencesCell(category, name)), desk, cells) : null));
  }), members.some((type) => rowOf(type).on.length > 1) ? element("th", {scope: "col", text: words.all}) : element("td"));
}

/** @param {Type} type @param {Desk} desk */
function row(type, desk) {
  const {title} = type;
  // The catalogue says in brackets, first, where its source is silent.
  const description = type.description.replace(/^\(.*?\) /, "");
  const {on, off} = rowOf(type);
  return element("tr", {}, element("th", {scope: "row", abbr: title}, element("b", {text: title}), " ",
    type.strongly_encouraged ? element("span", {class: "badge", text: `★ ${words.preferencesStar}`}) : null,
    element("div", {class: "quiet"}, description, samples(type, desk))),
  ...OPTIONS.map((option, at) => cell(type, option, words.preferencesCell(title, words.preferencesOptions[at]), desk)),
  element("td", {}, on.length > 1 ? element("label", {}, toggle(words.preferencesAll(title), desk, on, off)) : null));
}

/** @param {Type} type @param {Option} option @param {string} name @param {Desk} desk */
function cell(type, option, name, desk) {
  if (!offers(type, option)) return element("td");
  if (!isLocked(type, option)) return element("td", {}, element("label", {}, toggle(name, desk, [[type.id, option]])));
  const why = `why-${type.id}`;
  return element("td", {}, element("label", {title: words.preferencesLockedWhy},
    element("input", {type: "checkbox", "aria-label": name, "aria-describedby": why, checked: true, disabled: true}),
    element("small", {id: why, text: words.preferencesLocked})));
}

/** @param {string} name @param {Desk} desk @param {Cell[]} on what it turns on @param {Cell[]} [off] what it turns off */
function toggle(name, desk, on, off = on) {
  return desk.controls.check(name, ({preferences}) => share(preferences, on), (is) => desk.save(turned(is ? on : off, is), "", is ? on : []));
}

/** @param {Type} type @param {Desk} desk */
function samples(type, desk) {
  const name = words.preferencesCell(words.preferencesSample, type.title);
  return element("details", {}, element("summary", {"aria-label": name, text: words.preferencesSample}),
    ...OPTIONS.map((option, at) => (type.channels.includes(option) ? element("button", {
      class: "action", text: words.preferencesOptions[at], "aria-label": words.preferencesCell(words.preferencesOptions[at], name),
      onclick: () => void desk.sample(type.id, option),
    }) : null)));
}
