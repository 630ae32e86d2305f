/**
 * `<hub-popups>`: the open pop-ups of the user, in the one tab that is elected.
 *
 *   url, client, getToken   see hub-element.js
 *   badge-icon              favicon while a pop-up came up unattended; default: the hub's own
 *   hotkey="alt+t"          moves the focus to the pop-ups; "off" for none
 *   data-theme              light or dark; default: as the system says
 *
 * Events: `hub-open` {entry} (cancelable) before a pop-up's link is followed, `hub-more` when "N more" is pressed.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {Announcer} from "./announcer.js";
import {Badge, followBadge} from "./badge.js";
import {ago, element, icon, link} from "./dom.js";
import {Fade, readingTime} from "./fade.js";
import {HubElement} from "./hub-element.js";
import {popupStyles} from "./styles.js";
import {TopLayer} from "./toplayer.js";

/** Pop-ups on screen at once; the rest waits behind "N more". */
const SHOWN = 4;
const CROSS = "M6 6l12 12M18 6L6 18";
const BELL = ["M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9", "M10 20a2 2 0 0 0 4 0"];
const ALERT = ["M12 8v5", "M12 16.5v.01", "M12 3l9.5 17h-19z"];

export class HubPopups extends HubElement {
  #region = element("section", {role: "region", "aria-label": "Notifications", part: "region"});
  #more = element("button", {type: "button", part: "more", onclick: () => this.#openInbox()});
  #all = element("button", {type: "button", part: "close-all", text: "Close all", onclick: () => this.#closeAll()});
  #bar = element("div", {class: "bar", part: "bar", hidden: true}, this.#more, this.#all);
  /** Cards on screen by id, oldest first. @type {Map<string, HTMLElement>} */
  #cards = new Map();
  #fade = new Fade();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #announcer = new Announcer();
  #layer = new TopLayer(this);
  #hovered = false;
  #focused = false;
  #shift = false;
  /** @type {HTMLElement | null} */
  #cameFrom = null;
  #page = new AbortController();

  constructor() {
    super();
    const root = this.attachShadow({mode: "open"});
    root.adoptedStyleSheets = popupStyles();
    root.append(this.#region, element("slot"));
    this.#region.append(this.#bar);
    this.#listen();
  }

  connectedCallback() {
    this.#announcer.attach(this);
    this.#page.abort();
    this.#page = new AbortController();
    const {signal} = this.#page;
    document.addEventListener("visibilitychange", () => this.#pace(), {signal});
    document.addEventListener("keydown", (event) => this.#hotkey(event), {signal});
    this.#layer.start();
    super.connectedCallback();
  }

  disconnectedCallback() {
    this.#page.abort();
    queueMicrotask(() => this.isConnected || this.#layer.removed());
    super.disconnectedCallback();
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#draw(client?.popups ?? []);
    if (!client) return;
    client.addEventListener("popups", (event) => {
      const {popups, added} = /** @type {CustomEvent} */ (event).detail;
      this.#draw(popups);
      this.#announcer.say(added);
    }, {signal});
    const mark = this.getAttribute("badge-icon") ?? new URL("./badge.svg", import.meta.url).href;
    followBadge(client, new Badge(document, mark), signal);
  }

  #listen() {
    const region = this.#region;
    region.addEventListener("pointerenter", () => this.#attend({hovered: true}));
    region.addEventListener("pointerleave", () => this.#attend({hovered: false}));
    region.addEventListener("focusin", () => this.#attend({focused: true}));
    region.addEventListener("focusout", () => this.#attend({focused: false}));
    region.addEventListener("keydown", (event) => this.#pressed(event));
    // Shift and a click would select the page's text across the pop-up.
    region.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault());
  }

  /**
   * Show these pop-ups: those on screen keep their place, the oldest waiting ones fill up.
   * @param {readonly Entry[]} popups
   */
  #draw(popups) {
    const before = this.#places();
    const open = new Map(popups.map((entry) => [entry.id, entry]));
    for (const id of this.#cards.keys()) if (!open.has(id)) this.#take(id);
    const grown = popups.filter(({id}) => !this.#cards.has(id)).slice(0, SHOWN - this.#cards.size);
    for (const entry of grown) this.#put(entry);
    const waiting = popups.length - this.#cards.size;
    this.#more.hidden = waiting === 0;
    this.#more.textContent = `${waiting} more`;
    this.#all.hidden = this.#bar.hidden = popups.length < 2;
    if (grown.length) this.#layer.raise();
    this.#glide(before);
    // An element that is removed or hidden loses the focus without a word.
    const focused = this.#focused && this.#region.contains(this.shadowRoot?.activeElement ?? null);
    this.#attend({hovered: this.#hovered && this.#cards.size > 0, focused});
  }

  /** @param {Entry} entry */
  #put(entry) {
    const card = this.#card(entry);
    this.#cards.set(entry.id, card);
    this.#region.append(card);
    if (!entry.sticky) this.#fade.add(entry.id, readingTime(entry), Date.now());
  }

  /** @param {string} id */
  #take(id) {
    this.#cards.get(id)?.remove();
    this.#cards.delete(id);
    this.#fade.remove(id);
  }

  /** @param {Entry} entry */
  #card(entry) {
    const {title, body, important} = entry;
    const by = [entry.sender ? `from ${entry.sender}` : null, entry.sample ? "sample" : null];
    const close = element("button", {
      type: "button", class: "close", part: "close", "aria-label": `Close notification: ${title}`,
      title: "Close. With Shift (click, Enter or Space): close all", onclick: (/** @type {MouseEvent} */ event) => this.#close(entry.id, event),
    }, icon(CROSS));
    return element("div", {
      role: "group", "aria-label": title, class: important ? "card important" : "card", part: important ? "card important" : "card",
    },
    element("span", {class: "mark", part: "mark"}, icon(...(important ? ALERT : BELL))),
    link(title, entry.url, "title", (event) => this.#followed(entry, event)), close,
    body ? element("p", {class: "body text", part: "body", text: body}) : null,
    element("p", {class: "meta quiet", part: "meta"},
      ...by.map((part) => (part ? `${part} · ` : null)), element("time", {datetime: entry.at, text: ago(entry.at, Date.now())})));
  }

  /** Shift closes all that this tab holds, the waiting ones too. @param {string} id @param {MouseEvent} event */
  #close(id, event) {
    const keyboard = event.detail === 0;
    if (event.shiftKey || (keyboard && this.#shift)) this.#closeAll();
    else this.#dismiss(id, keyboard);
  }

  #closeAll() {
    void this.client?.dismissAll();
    this.#goBack();
  }

  /** @param {string} id @param {boolean} keyboard */
  #dismiss(id, keyboard) {
    const ids = [...this.#cards.keys()];
    const at = ids.indexOf(id);
    const next = ids[at + 1] ?? ids[at - 1];
    void this.client?.dismiss([id]);
    if (!keyboard) return;
    const card = next === undefined ? [...this.#cards.values()][0] : this.#cards.get(next);
    if (card) focusOn(card);
    else this.#goBack();
  }

  /** @param {Entry} entry @param {Event} event */
  #followed(entry, event) {
    const open = new CustomEvent("hub-open", {detail: {entry}, bubbles: true, composed: true, cancelable: true});
    if (!this.dispatchEvent(open)) event.preventDefault();
    void this.client?.dismiss([entry.id]);
  }

  #openInbox() {
    this.dispatchEvent(new CustomEvent("hub-more", {bubbles: true, composed: true}));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Enter" || event.key === " ") this.#shift = event.shiftKey;
    if (event.key !== "Escape") return;
    const target = /** @type {Node} */ (event.composedPath()[0]);
    const held = [...this.#cards].find(([, card]) => card.contains(target));
    event.stopPropagation();
    if (held) this.#dismiss(held[0], true);
    else this.#goBack();
  }

  /** @param {KeyboardEvent} event */
  #hotkey(event) {
    const [key, ...modifiers] = (this.getAttribute("hotkey") ?? "alt+t").toLowerCase().split("+").reverse();
    const wanted = ["alt", "ctrl", "meta", "shift"].every((name) =>
      modifiers.includes(name) === /** @type {any} */ (event)[`${name}Key`]);
    if (event.code.toLowerCase() !== `key${key}` || !wanted || this.#cards.size === 0) return;
    event.preventDefault();
    if (document.activeElement !== this) this.#cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    focusOn(/** @type {HTMLElement} */ ([...this.#cards.values()].at(-1)));
  }

  #goBack() {
    const target = this.#cameFrom;
    this.#cameFrom = null;
    if (target?.isConnected) target.focus();
    else /** @type {HTMLElement | null} */ (this.shadowRoot?.activeElement ?? null)?.blur();
  }

  /** @param {{hovered?: boolean, focused?: boolean}} change */
  #attend({hovered = this.#hovered, focused = this.#focused}) {
    this.#hovered = hovered;
    this.#focused = focused;
    this.#pace();
  }

  /** Let the time of timed pop-ups run only while somebody may read them and does not reach for them. */
  #pace() {
    const now = Date.now();
    this.#fade.run(document.visibilityState === "visible" && !this.#hovered && !this.#focused, now);
    clearTimeout(this.#timer);
    const next = this.#fade.next(now);
    if (next !== null) this.#timer = setTimeout(() => this.#faded(), next + 1);
  }

  #faded() {
    const over = this.#fade.due(Date.now());
    if (over.length) this.client?.faded(over);
    this.#pace();
  }

  /** Where each card is. @returns {Map<HTMLElement, number>} */
  #places() {
    return new Map([...this.#cards.values()].map((card) => [card, card.getBoundingClientRect().top]));
  }

  /** Let cards that were pushed glide to their new place. @param {Map<HTMLElement, number>} before */
  #glide(before) {
    if (document.visibilityState !== "visible" || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [card, top] of before) {
      const moved = card.isConnected ? top - card.getBoundingClientRect().top : 0;
      if (moved) card.animate?.([{transform: `translateY(${moved}px)`}, {}], {duration: 220, easing: "ease-out"});
    }
  }
}

/** Focus a card's close button with a ring, also when the mouse was used last. @param {HTMLElement} card */
function focusOn(card) {
  const visibly = /** @type {FocusOptions} */ ({focusVisible: true});
  /** @type {HTMLElement | null} */ (card.querySelector(".close"))?.focus(visibly);
}
