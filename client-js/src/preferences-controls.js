/**
 * Controls that show one state together: built once, then only set anew, so that hundreds of them stay quick.
 *
 * @typedef {import("./preferences-rules.js").Choice} Choice
 */

import {element} from "./dom.js";
import {finder, MANY} from "./finder.js";

/** @template S */
export class Controls {
  /** @type {((state: S) => void)[]} */
  #acts = [];

  /** Do something whenever there is a state to be shown. @param {(state: S) => void} act */
  shows(act) {
    this.#acts.push(act);
  }

  /** @param {S} state */
  draw(state) {
    for (const act of this.#acts) act(state);
  }

  /**
   * Make a check box that is on, off or in between.
   * @param {string | null} name null: its label names it
   * @param {(state: S) => number | boolean} share how much of it is on, from 0 to 1
   * @param {(on: boolean) => void} set
   */
  check(name, share, set) {
    const input = element("input", {type: "checkbox", "aria-label": name, onchange: () => set(input.checked)});
    this.shows((state) => {
      const part = Number(share(state));
      input.checked = part === 1;
      input.indeterminate = part > 0 && part < 1;
    });
    return input;
  }

  /**
   * Let a field show a value; it is set only when the value changes, so that nothing typed is lost meanwhile.
   * @template {HTMLInputElement | HTMLSelectElement} F
   * @param {F} field
   * @param {(state: S) => string | null | undefined} get
   * @param {() => void} set called when what was typed is valid
   */
  field(field, get, set) {
    let last = "";
    field.addEventListener("change", () => field.reportValidity() && set());
    this.shows((state) => {
      const value = get(state) ?? "";
      if (value !== last) field.value = last = value;
    });
    return field;
  }

  /**
   * List choices, a check box each, named by its name.
   * @param {readonly Choice[]} choices
   * @param {(state: S) => readonly string[]} chosen
   * @param {(id: string, on: boolean) => void} set
   */
  list(choices, chosen, set) {
    const rows = choices.map(({id, name, hint = ""}) => ({text: name + hint, node: element("li", {}, element("label", {class: "switch"},
      this.check(name, (state) => chosen(state).includes(id), (on) => set(id, on)), name, element("span", {class: "quiet", text: hint})))}));
    return element("div", {}, rows.length > MANY ? finder(rows) : null, element("ul", {class: "panel"}, ...rows.map(({node}) => node)));
  }
}
