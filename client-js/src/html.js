/**
 * Shows the few harmless elements of a broadcast (`html`, cleaned by the hub) without ever parsing markup: tokens are
 * matched, and elements made by hand from a list of names. Whatever is not on it is shown as the text it is.
 */

import {element, link} from "./dom.js";

const TOKEN = /<(\/?)(b|i|strong|em|br|span|div|p|a)((?: [^<>]*)?)>|&(?:amp|lt|gt|quot|nbsp|#39);|[^<&]+|./gs;
/** @type {Record<string, string>} */
const CHARACTERS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": "\u00a0", "&#39;": "'"};

/** @param {string} text */
const decoded = (text) => text.replace(/&[#\w]+;/g, (name) => CHARACTERS[name] ?? name);

/** @param {string} html @returns {DocumentFragment} */
export function rich(html) {
  const whole = document.createDocumentFragment();
  /** @type {Node} */
  let here = whole;
  for (const [token, end, name, attributes] of html.matchAll(TOKEN)) {
    if (!name) here.appendChild(document.createTextNode(decoded(token)));
    else if (end) here = here.parentNode ?? whole;
    else {
      const made = here.appendChild(start(/** @type {"b"} */ (name), attributes));
      if (name !== "br") here = made;
    }
  }
  return whole;
}

/** Make an element; of its attributes only a link's address counts. @param {"a" | "b"} name @param {string} attributes */
function start(name, attributes) {
  return name === "a" ? link("", decoded(/ href="([^"]*)"/.exec(attributes)?.[1] ?? ""), "link") : element(name);
}
