/** Tabs over one panel: chosen by a click, the arrow keys, Home or End. */

import {element} from "./dom.js";

/**
 * Make the list of tabs; the first is chosen.
 * @param {string} label
 * @param {readonly (readonly [string, string])[]} names key and text of each
 * @param {HTMLElement} panel what the tabs switch; it is named by the chosen one
 * @param {(key: string) => void} chosen called when another is chosen
 */
export function tabList(label, names, panel, chosen) {
  const list = element("div", {role: "tablist", class: "tabs", "aria-label": label});
  const tabs = names.map(([key, text]) => element("button", {role: "tab", text, onclick: () => {
    mark(tabs, panel, text);
    chosen(key);
  }}));
  list.append(...tabs);
  list.addEventListener("keydown", ({key}) => {
    const to = tabs[target(key, tabs.findIndex((tab) => tab.tabIndex === 0), tabs.length, getComputedStyle(list).direction)];
    to?.click();
    to?.focus();
  });
  panel.setAttribute("role", "tabpanel");
  mark(tabs, panel, names[0][1]);
  return list;
}

/** @param {HTMLElement[]} tabs @param {HTMLElement} panel @param {string} text */
function mark(tabs, panel, text) {
  panel.setAttribute("aria-label", text);
  for (const tab of tabs) {
    const selected = tab.textContent === text;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
  }
}

/** Say where a key leads; -1: nowhere. @param {string} key @param {number} at @param {number} count @param {string} direction */
function target(key, at, count, direction) {
  const forward = direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return key.startsWith("Arrow") ? (at + (key === forward ? 1 : count - 1)) % count : -1;
}
