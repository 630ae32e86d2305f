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
import {element, icon, link, marks, when} from "./dom.js";
import {Fade, readingTime} from "./fade.js";
import {rich} from "./html.js";
import {HubElement} from "./hub-element.js";
import {BELL, CROSS} from "./icons.js";
import {POPUPS_STYLES} from "./popups-styles.js";
import {words} from "./strings.js";
import {swipeable} from "./swipe.js";
import {TopLayer} from "./toplayer.js";

/** Pop-ups on screen at once; the rest waits behind "N more". */
const SHOWN = 4;
const ALERT = ["M12 8v5", "M12 16.5v.01", "M12 3l9.5 17h-19z"];

export class HubPopups extends HubElement {
  #region = element("section", {role: "region", part: "region"});
  #more = element("button", {class: "action", part: "more", onclick: () => this.#openInbox()});
  #all = element("button", {class: "action", part: "close-all", onclick: () => this.#closeAll()});
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

  constructor() {
    super();
    this.build();
    this.#listen();
  }

  build() {
    for (const id of this.#cards.keys()) this.#take(id);
    this.#region.setAttribute("aria-label", words.popupsRegion);
    this.#all.textContent = words.popupsCloseAll;
    this.#region.append(this.#bar);
    this.fill(POPUPS_STYLES, this.#region, element("slot"));
  }

  /** @param {AbortSignal} signal */
  placed(signal) {
    this.#announcer.attach(this);
    document.addEventListener("visibilitychange", () => this.#pace(), {signal});
    document.addEventListener("keydown", (event) => this.#hotkey(event), {signal});
    document.addEventListener("focusin", () => this.#uncover(), {signal});
    this.#layer.start();
    this.#more.disabled = this.#layer.dialog !== null; // the bell, which it would open, is inert then
  }

  disconnectedCallback() {
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
    client.addEventListener("told", (event) => {
      const {kind, detail} = /** @type {CustomEvent} */ (event).detail;
      if (kind !== "left") return;
      this.#fade.told(detail.id, detail.left, Date.now());
      this.#pace();
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
    this.#more.textContent = words.popupsMore(waiting);
    this.#all.hidden = this.#bar.hidden = popups.length < 2;
    if (grown.length) {
      this.#layer.raise();
      this.#region.scrollTop = this.#region.scrollHeight;
    }
    this.#glide(before);
    this.#uncover();
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

  /** A timed pop-up goes on elsewhere, if it does, where it was here. @param {string} id */
  #take(id) {
    this.#cards.get(id)?.remove();
    this.#cards.delete(id);
    const left = this.#fade.remove(id, Date.now());
    if (left !== null) this.client?.tell("left", {id, left});
  }

  /** @param {Entry} entry */
  #card(entry) {
    const {id, title, body, html, important, sender, sticky} = entry;
    const close = element("button", {
      class: "icon close", part: "close", "aria-label": words.popupsClose(title), title: words.popupsCloseHint,
      onclick: (/** @type {MouseEvent} */ event) => this.#close(id, event),
    }, icon(CROSS));
    const card = element("div", {
      role: "group", "aria-label": title, class: `panel card${important ? " important" : ""}${sticky ? "" : " timed"}`,
      part: important ? "card important" : "card",
    },
    element("span", {class: "mark", part: "mark"}, icon(...(important ? ALERT : BELL))),
    link(title, entry.url, "title", (event) => this.#followed(entry, event)), close,
    body ? element("div", {class: "body text", part: "body"}, html ? rich(html) : body) : null,
    element("p", {class: "meta quiet", part: "meta"}, ...marks(entry), sender ? `${words.from(sender)} · ` : null, when(entry.at)));
    if (!sticky) swipeable(card, () => this.#dismiss(id, false));
    return card;
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
    this.opens(entry, event);
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
    event.preventDefault(); // a dialog around it stays open
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
    else this.focused?.blur();
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

  /** Step aside for what has the focus: it must not lie hidden below (WCAG 2.4.11). */
  #uncover() {
    const focused = document.activeElement;
    if (this.#cards.size === 0) this.removeAttribute("data-aside");
    if (this.#cards.size === 0 || !focused || focused === this) return;
    const {left, top, right, bottom} = focused.getBoundingClientRect();
    const corners = [[left + 1, top + 1], [right - 1, bottom - 1]];
    if (corners.every(([x, y]) => document.elementFromPoint?.(x, y) === this)) this.toggleAttribute("data-aside");
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
