/**
 * `<hub-bell>`: the bell in a page's header and the inbox behind it, which is in bell-inbox.js.
 *
 *   url, client, getToken   see hub-element.js
 *   data-theme              light or dark; default: as the system says
 *
 * Event: `hub-open` {entry} (cancelable) before an entry's link is followed. Opens also at `hub-more` of `<hub-popups>`.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {BELL_STYLES} from "./bell-styles.js";
import {element, icon} from "./dom.js";
import {HubElement} from "./hub-element.js";
import {BELL} from "./icons.js";
import {Part} from "./part.js";
import {number, words} from "./strings.js";
import {opened} from "./toplayer.js";

const GAP = 8;

export class HubBell extends HubElement {
  #count = element("span", {class: "count", part: "count", "aria-hidden": "true", hidden: ""});
  #button = element("button", {
    class: "bell", part: "bell", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel",
    onclick: () => this.toggle(), onpointerenter: () => this.#part.want(), onfocus: () => this.#part.want(),
  }, icon(...BELL), this.#count);
  #panel = element("div", {
    id: "panel", role: "dialog", class: "panel", part: "panel", popover: "manual", hidden: "", tabindex: "-1",
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // a dialog around it stays open
      this.close();
    },
  });
  #part = new Part(this, () => import("./bell-inbox.js"));
  /** @type {import("./bell-inbox.js").BellInbox | null} */
  #inbox = null;
  #isOpen = false;

  constructor() {
    super();
    this.fill(BELL_STYLES, this.#button, this.#panel);
    this.build();
  }

  build() {
    const {module, node} = this.#part;
    const isInside = this.#isOpen && this.#panel.contains(this.focused);
    this.#panel.setAttribute("aria-label", words.bellTitle);
    this.#drawCount();
    this.#part.draw();
    if (!module) return this.#panel.append(node);
    this.dress(BELL_STYLES, module.INBOX_STYLES);
    this.#inbox = new module.BellInbox(this, this.#panel);
    if (isInside) this.#panel.focus();
  }

  /** @param {AbortSignal} signal */
  placed(signal) {
    // Not when the pop-ups of another hub have more.
    document.addEventListener("hub-more", ({target}) => (/** @type {any} */ (target).client ?? this.client) === this.client && this.open(), {signal});
    document.addEventListener("pointerdown", (event) => event.composedPath().includes(this) || this.close(), {signal, capture: true});
    window.addEventListener("resize", () => this.place(), {signal});
    signal.addEventListener("abort", () => this.close());
  }

  get isOpen() { return this.#isOpen; }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  open() {
    if (this.#isOpen) return;
    void this.#part.want();
    this.#turn(true);
    this.#panel.showPopover?.();
    this.#panel.focus();
    this.place();
  }

  close() {
    if (!this.#isOpen) return;
    const {focused} = this;
    this.#panel.hidePopover?.();
    this.#turn(false);
    if (focused) this.#button.focus();
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    for (const name of ["unread", "inbox"]) client?.addEventListener(name, () => this.#drawCount(), {signal});
    this.#drawCount();
    this.#inbox?.follow(client, signal);
  }

  /** Put the panel under the bell, inside the window, at the side where the text ends. */
  place() {
    if (!this.#isOpen) return;
    const bell = this.#button.getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = this.#panel;
    const {clientWidth, clientHeight} = document.documentElement;
    const left = getComputedStyle(this).direction === "rtl" ? bell.left : bell.right - width;
    this.#panel.style.setProperty("left", `${within(left, clientWidth - width)}px`);
    this.#panel.style.setProperty("top", `${within(bell.bottom + GAP, clientHeight - height)}px`);
  }

  /** @param {boolean} isOpen */
  #turn(isOpen) {
    this.#isOpen = isOpen;
    if (isOpen) opened.add(this);
    else opened.delete(this);
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    this.#inbox?.turned();
  }

  #drawCount() {
    const unread = this.client?.unread ?? 0;
    this.#button.setAttribute("aria-label", words.bellName(unread));
    this.#count.hidden = unread === 0;
    this.#count.textContent = unread > 99 ? "99+" : number(unread);
  }
}

/** Keep a place inside the window. @param {number} at @param {number} room */
function within(at, room) {
  return Math.max(GAP, Math.min(at, room - GAP));
}
