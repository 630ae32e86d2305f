/**
 * The rules of what a person may choose; pure, without the DOM. A cell is one option of one type.
 *
 * @typedef {"system" | "au" | "text" | "email"} Option
 * @typedef {readonly [type: string, option: Option]} Cell
 * @typedef {{id: string, title: string, category: string, description: string, channels: readonly string[], au: boolean,
 *   strongly_encouraged: boolean, mandatory: boolean}} Type
 * @typedef {{from: string, to: string, time_zone?: string}} QuietHours
 * @typedef {{types: Record<string, Partial<Record<Option, boolean>>>,
 *   channels: {text: {enabled: boolean, custom_number: string | null},
 *     email: {enabled: boolean, copy: boolean, grace_minutes?: number | null, daily_cap?: number | null}},
 *   quiet_hours: QuietHours | null}} Preferences
 * @typedef {{types?: Preferences["types"], channels?: {text?: object, email?: object}, quiet_hours?: QuietHours | null}} Patch
 * @typedef {{id: string, name: string, hint?: string}} Choice
 * @typedef {{types: readonly Type[], preferences: Preferences, accounts: readonly string[], lines: readonly string[],
 *   below: readonly Choice[] | null, numbers: readonly Choice[]}} State `below`: accounts that may roll up, null without the add-on
 */

/** In the order of the columns. @type {readonly Option[]} */
export const OPTIONS = ["system", "au", "text", "email"];

/** Tell whether a type offers an option (C-13). @param {Type} type @param {Option} option */
export function offers(type, option) {
  return option === "au" ? type.au : type.channels.includes(option);
}

/** Tell whether an option cannot be turned off (AMB-41). @param {Type} type @param {Option} option */
export function isLocked(type, option) {
  return type.mandatory && option === "system";
}

/**
 * Name the cells of types in some columns: what is offered and may be changed.
 * @param {readonly Type[]} types
 * @param {...Option} options
 * @returns {Cell[]}
 */
export function cellsOf(types, ...options) {
  return types.flatMap((type) => options.flatMap((option) => (offers(type, option) && !isLocked(type, option) ? [/** @type {Cell} */ ([type.id, option])] : [])));
}

/**
 * Name what a row's "all" turns on and what it turns off: without Only mine, which narrows, and with it, which alone
 * still lets a type through (AMB-03).
 * @param {Type} type
 * @returns {{on: Cell[], off: Cell[]}}
 */
export function rowOf(type) {
  return {on: cellsOf([type], "system", "text", "email"), off: cellsOf([type], ...OPTIONS)};
}

/** Tell how much of some cells is on, from 0 to 1. @param {Preferences} preferences @param {readonly Cell[]} cells */
export function share({types}, cells) {
  return cells.filter(([type, option]) => types[type]?.[option]).length / cells.length;
}

/** @param {readonly Cell[]} cells @param {boolean} on @returns {Patch} */
export function turned(cells, on) {
  /** @type {Preferences["types"]} */
  const types = {};
  for (const [type, option] of cells) (types[type] ??= {})[option] = on;
  return {types};
}

/**
 * Merge a change into preferences as the hub does: quiet hours are one value.
 * @template {object} T
 * @param {T} whole
 * @param {object} part
 * @returns {T}
 */
export function merged(whole, part) {
  const result = /** @type {any} */ ({...whole});
  for (const [name, value] of Object.entries(part)) {
    result[name] = value !== null && typeof value === "object" && name !== "quiet_hours" ? merged(result[name], value) : value;
  }
  return result;
}

/** Put an id on a list, once, or take it off. @param {readonly string[]} ids @param {string} id @param {boolean} on */
export function listed(ids, id, on) {
  return [...ids.filter((other) => other !== id), ...(on ? [id] : [])];
}

/** @param {readonly Type[]} types @returns {Map<string, Type[]>} types by category, in the order of the catalogue */
export function grouped(types) {
  const groups = new Map();
  for (const type of types) groups.set(type.category, [...(groups.get(type.category) ?? []), type]);
  return groups;
}

/** Write a number as the hub wants it; nothing is null. @param {string} typed */
export function numberOf(typed) {
  return typed.replace(/[\s().-]/g, "") || null;
}
