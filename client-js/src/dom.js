/** Building DOM by hand: text only, no markup, so that it works under a strict CSP with Trusted Types. */

import {locale, words} from "./strings.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `text` becomes its text, `on…` listeners, everything else attributes (false and null leave them out). A
 * button submits nothing unless it is told to.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(tag === "button" ? {type: tag, ...attributes} : attributes)) {
    if (name === "text") made.textContent = String(value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * Draw a 24 x 24 line icon, hidden from assistive technology.
 * @param {...string} paths
 */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false"})) {
    svg.setAttribute(name, value);
  }
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** @param {string} css */
export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/**
 * Make a link that cannot run script, or plain text where the address is missing or of another kind.
 * @param {string} text
 * @param {string | null | undefined} url
 * @param {string} part
 * @param {(event: Event) => void} [followed]
 */
export function link(text, url, part, followed = () => undefined) {
  const target = safe(url);
  if (!target) return element("span", {class: part, part, text});
  const outside = target.host !== "" && target.origin !== location.origin;
  return element("a", {
    class: part, part, href: target.href, rel: "noopener noreferrer", target: outside && "_blank",
    title: outside && target.host, text, onclick: followed,
  });
}

/** @param {string | null | undefined} url */
function safe(url) {
  if (!url || !URL.canParse(url, document.baseURI)) return null;
  const target = new URL(url, document.baseURI);
  return ["http:", "https:", "mailto:"].includes(target.protocol) ? target : null;
}

const STEPS = /** @type {const} */ ([["day", 86_400], ["hour", 3_600], ["minute", 60]]);

/**
 * Say how long ago something was, in the language of the words.
 * @param {string} at RFC 3339
 * @param {number} now ms
 */
export function ago(at, now) {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const format = new Intl.RelativeTimeFormat(locale(), {numeric: "auto", style: "short"});
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? ["second", Infinity];
  return format.format(-Math.floor(seconds / size), unit);
}

/** Show when something was: how long ago, and the whole time for who asks. @param {string} at RFC 3339 */
export function when(at) {
  return element("time", {datetime: at, title: new Date(at).toLocaleString(locale()), text: ago(at, Date.now())});
}

/** Bring the times below a node up to date. @param {ParentNode | null} root */
export function retime(root) {
  for (const time of root?.querySelectorAll("time") ?? []) time.textContent = ago(time.dateTime, Date.now());
}

/** Show in words what must not be told by colour alone, and what is none of one's own. @param {{important: boolean, sample: boolean}} entry */
export function marks({important, sample}) {
  return [important && words.important, sample && words.sample].filter((said) => said)
    .map((said) => element("span", {class: "badge", part: "badge", text: said}));
}
