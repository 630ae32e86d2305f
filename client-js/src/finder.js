/** A field to find some of many rows with. */

import {element} from "./dom.js";
import {words} from "./strings.js";

/** With more rows than this a list can be searched. */
export const MANY = 10;

/**
 * Make a field that hides the rows that do not have what is looked for.
 * @param {readonly {node: HTMLElement, text: string}[]} rows
 * @param {(wanted: string) => void} [searched]
 */
export function finder(rows, searched = () => undefined) {
  const none = element("p", {class: "quiet", role: "status"});
  const field = element("input", {type: "search", placeholder: words.find, "aria-label": words.find, oninput: () => {
    const wanted = field.value.trim().toLowerCase();
    for (const {node, text} of rows) node.hidden = !text.toLowerCase().includes(wanted);
    none.textContent = rows.every(({node}) => node.hidden) ? words.nothing : "";
    searched(wanted);
  }});
  // Enter looks for something; it sends no form.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  return element("div", {class: "find"}, field, none);
}
