/**
 * One entry of the bell's list.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {{
 *   opened: (entry: Entry, event: Event) => void, read: (entry: Entry) => void, archive: (entry: Entry) => void,
 *   restore: (entry: Entry) => void,
 * }} Deeds
 */

import {element, icon, link, marks, when} from "./dom.js";
import {rich} from "./html.js";
import {words} from "./strings.js";

const CHECK = "M5 12.5l4.5 4.5L19 7.5";
const BOX = ["M4 8v11h16V8", "M3 4h18v4H3z", "M10 12h4"];
const BACK = ["M4 9h10a5 5 0 0 1 0 11h-3", "M8 5L4 9l4 4"];

/** @param {Entry} entry @param {string} account its name, where it must be told @param {Deeds} deeds */
export function row(entry, account, deeds) {
  const {title, body, html, sender, state} = entry;
  const unread = state === "unread";
  const why = reason(entry);
  return element("li", {class: unread && "unread", part: unread ? "entry unread" : "entry"},
    element("span", {class: "dot"}, unread ? element("span", {class: "hidden", text: words.bellIsUnread}) : null),
    link(title, entry.url, "title", (event) => deeds.opened(entry, event)),
    element("span", {class: "deeds"},
      unread ? deed("read", words.bellRead, entry, deeds, CHECK) : null,
      state === "archived" ? deed("restore", words.bellRestore, entry, deeds, ...BACK) : deed("archive", words.bellArchive, entry, deeds, ...BOX)),
    body ? element("div", {class: "body text"}, html ? rich(html) : body) : null,
    element("p", {class: "meta quiet"},
      ...marks(entry), when(entry.at), account && ` · ${account}`, sender ? ` · ${words.from(sender)}` : null, why && why[0]),
    why && why[1]);
}

/** @param {"read" | "archive" | "restore"} name @param {string} says @param {Entry} entry @param {Deeds} deeds @param {string[]} paths */
function deed(name, says, entry, deeds, ...paths) {
  return element("button", {
    class: "icon", "data-key": `${name} ${entry.id}`, "aria-label": `${says}: ${entry.title}`, title: says,
    onclick: () => deeds[name](entry),
  }, icon(...paths));
}

/** Make the button "Why?" and what it shows. @param {Entry} entry */
function reason({id, title, reason: said}) {
  if (!said) return null;
  const text = element("p", {class: "meta quiet", hidden: "", text: said});
  const button = element("button", {
    class: "why", "data-key": `why ${id}`, "aria-expanded": "false", "aria-label": `${words.bellWhyLong} ${title}`,
    title: words.bellWhyLong, text: words.bellWhy,
    onclick: () => {
      text.hidden = !text.hidden;
      button.setAttribute("aria-expanded", String(!text.hidden));
    },
  });
  return [button, text];
}
