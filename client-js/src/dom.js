/** Building DOM by hand: text only, no markup, so that it works under a strict CSP with Trusted Types. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `text` becomes its text, `on…` listeners, everything else attributes (false and null leave them out).
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
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
 * @param {(event: Event) => void} followed
 */
export function link(text, url, part, followed) {
  const target = safe(url);
  if (!target) return element("span", {class: part, part, text});
  const outside = target.origin !== location.origin;
  return element("a", {
    class: part, part, href: target.href, rel: "noopener noreferrer", target: outside ? "_blank" : null,
    title: outside ? target.host : null, text, onclick: followed,
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
 * Say how long ago something was, in the page's language.
 * @param {string} at RFC 3339
 * @param {number} now ms
 */
export function ago(at, now) {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", {numeric: "auto", style: "short"});
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? ["second", Infinity];
  return words.format(-Math.floor(size === Infinity ? 0 : seconds / size), unit);
}
