/**
 * `<hub-bell>`: the bell in a page's header and the inbox behind it.
 *
 *   url, client, getToken   see hub-element.js
 *   data-theme              light or dark; default: as the system says
 *
 * Event: `hub-open` {entry} (cancelable) before an entry's link is followed. Opens also at `hub-more` of `<hub-popups>`.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {ago, element, icon, link} from "./dom.js";
import {HubElement} from "./hub-element.js";
import {bellStyles} from "./styles.js";
import {opened} from "./toplayer.js";

const BELL = ["M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9", "M10 20a2 2 0 0 0 4 0"];
const CHECK = "M5 12.5l4.5 4.5L19 7.5";
const GAP = 8;

export class HubBell extends HubElement {
  #count = element("span", {class: "count", part: "count", "aria-hidden": "true", hidden: true});
  #button = element("button", {
    type: "button", class: "bell", part: "bell", "aria-haspopup": "dialog", "aria-expanded": "false",
    "aria-label": "Notifications", onclick: () => this.toggle(),
  }, icon(...BELL), this.#count);
  #readAll = element("button", {type: "button", class: "action", text: "Mark all as read", onclick: () => this.#markAll()});
  #notice = element("p", {class: "notice quiet", role: "status"});
  #list = element("ul", {"aria-label": "Notifications"});
  #empty = element("div", {class: "empty"}, icon(...BELL), element("p", {text: "You are all caught up."}));
  #more = element("button", {type: "button", class: "action more", text: "Load more", onclick: () => this.#load(this.#cursor)});
  #panel = element("div", {
    role: "dialog", "aria-label": "Notifications", class: "panel", part: "panel", popover: "manual", hidden: true, tabindex: "-1",
  }, element("div", {class: "head"}, element("h2", {text: "Notifications"}), this.#readAll), this.#notice,
  element("div", {class: "scroll"}, this.#list, this.#empty, this.#more));

  #open = false;
  #failed = false;
  /** @type {string | null} */
  #cursor = null;
  #page = new AbortController();

  constructor() {
    super();
    const root = this.attachShadow({mode: "open"});
    root.adoptedStyleSheets = bellStyles();
    root.append(this.#button, this.#panel);
    this.#panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.#draw();
  }

  connectedCallback() {
    this.#page.abort();
    this.#page = new AbortController();
    const {signal} = this.#page;
    document.addEventListener("hub-more", () => this.open(), {signal});
    document.addEventListener("pointerdown", (event) => this.#pointed(event), {signal, capture: true});
    window.addEventListener("resize", () => this.#place(), {signal});
    super.connectedCallback();
  }

  disconnectedCallback() {
    this.#page.abort();
    this.close();
    super.disconnectedCallback();
  }

  toggle() {
    if (this.#open) this.close();
    else this.open();
  }

  open() {
    if (this.#open) return;
    this.#expand(true);
    this.#panel.showPopover?.();
    this.#place();
    this.#panel.focus();
    void this.#load(null);
  }

  close() {
    if (!this.#open) return;
    const inside = this.shadowRoot?.activeElement;
    this.#panel.hidePopover?.();
    this.#expand(false);
    if (inside) this.#button.focus();
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#cursor = null;
    this.#draw();
    if (!client) return;
    for (const name of ["unread", "connection", "error"]) client.addEventListener(name, () => this.#draw(), {signal});
    client.addEventListener("inbox", (event) => {
      const {stale} = /** @type {CustomEvent} */ (event).detail;
      if (stale && this.#open) void this.#load(null);
      else this.#draw();
    }, {signal});
    if (this.#open) void this.#load(null);
  }

  /** @param {boolean} open */
  #expand(open) {
    this.#open = open;
    if (open) opened.add(this);
    else opened.delete(this);
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    this.#draw();
  }

  /** @param {Event} event */
  #pointed(event) {
    if (this.#open && !event.composedPath().includes(this)) this.close();
  }

  /** Put the panel under the bell, inside the window, at the side where the text ends. */
  #place() {
    if (!this.#open) return;
    const bell = this.#button.getBoundingClientRect();
    const {offsetWidth: width} = this.#panel;
    const leftToRight = getComputedStyle(this).direction !== "rtl";
    const wanted = leftToRight ? bell.right - width : bell.left;
    const left = Math.max(GAP, Math.min(wanted, document.documentElement.clientWidth - width - GAP));
    this.#panel.style.setProperty("left", `${left}px`);
    this.#panel.style.setProperty("top", `${bell.bottom + GAP}px`);
  }

  /** @param {string | null} cursor null: the first page */
  async #load(cursor) {
    const {client} = this;
    if (!client) return;
    this.#more.disabled = true;
    try {
      const page = await client.inbox({cursor});
      this.#failed = false;
      if (this.client === client && (cursor !== null || this.#cursor === null)) this.#cursor = page.next_cursor;
    } catch {
      this.#failed = true;
    }
    this.#more.disabled = false;
    this.#draw();
  }

  #draw() {
    const unread = this.client?.unread ?? 0;
    this.#button.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
    this.#count.hidden = unread === 0;
    this.#count.textContent = unread > 99 ? "99+" : String(unread);
    if (!this.#open) return;
    const entries = this.client?.entries ?? [];
    const focused = this.shadowRoot?.activeElement?.getAttribute("data-id");
    this.#list.replaceChildren(...entries.map((entry) => this.#row(entry)));
    if (focused) this.#refocus(focused);
    this.#list.hidden = entries.length === 0;
    this.#empty.hidden = entries.length > 0 || this.#failed || !this.client?.user;
    this.#readAll.disabled = unread === 0;
    this.#more.hidden = this.#cursor === null;
    const notice = this.#trouble();
    this.#notice.hidden = notice === "";
    this.#notice.textContent = notice;
  }

  #trouble() {
    switch (this.client?.state) {
      case undefined: return "Not signed in.";
      case "closed": return "The connection was closed. Reload the page to connect again.";
      case "connected": return this.#failed ? "Older notifications could not be loaded." : "";
      default: return "Offline. Trying to connect again…";
    }
  }

  /** @param {Entry} entry */
  #row(entry) {
    const unread = entry.state === "unread";
    const when = element("time", {datetime: entry.at, text: ago(entry.at, Date.now())});
    return element("li", {class: unread ? "unread" : null, part: unread ? "entry unread" : "entry"},
      element("span", {class: "dot"}, unread ? element("span", {class: "hidden", text: "Unread. "}) : null),
      link(entry.title, entry.url, "title", (event) => this.#followed(entry, event)),
      unread ? element("button", {
        type: "button", class: "mark", "data-id": entry.id, "aria-label": `Mark as read: ${entry.title}`, title: "Mark as read",
        onclick: () => void this.client?.read([entry.id]),
      }, icon(CHECK)) : element("span"),
      entry.body ? element("p", {class: "body text", text: entry.body}) : null,
      element("p", {class: "meta quiet"}, when, entry.sender ? ` · from ${entry.sender}` : null, entry.reason ? ` · ${entry.reason}` : null));
  }

  /** Keep the focus where it was: on the same entry's button, else in the panel. @param {string} id */
  #refocus(id) {
    const button = /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`));
    (button ?? this.#panel).focus();
  }

  /** @param {Entry} entry @param {Event} event */
  #followed(entry, event) {
    const open = new CustomEvent("hub-open", {detail: {entry}, bubbles: true, composed: true, cancelable: true});
    if (!this.dispatchEvent(open)) event.preventDefault();
    void this.client?.read([entry.id]);
  }

  #markAll() {
    void this.client?.readAll();
    this.#panel.focus();
  }
}
