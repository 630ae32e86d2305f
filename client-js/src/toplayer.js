/**
 * Keeps an element usable above everything: in the top layer as a manual popover, and inside the topmost modal dialog
 * while one is open, because outside of it everything is inert. It goes back to its place afterwards.
 */

/** What a person opened: while it is open, nothing that comes up by itself goes above it. @type {Set<Element>} */
export const opened = new Set();

export class TopLayer {
  #host;
  #place = document.createComment("");
  #observer = new MutationObserver(() => this.#follow());
  /** Open modal dialogs in the order they were opened. @type {Element[]} */
  #modals = [];
  /** The dialog that it is inside of for now, the rest of the page being inert. @type {Element | null} */
  dialog = null;

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
  }

  start() {
    this.#host.setAttribute("popover", "manual");
    this.#observer.observe(document, {subtree: true, attributes: true, attributeFilter: ["open"]});
    this.#follow();
  }

  /** The host was removed: stop. If its dialog took it along, bring it home, which starts again. */
  removed() {
    this.#observer.disconnect();
    this.#leave();
  }

  /** Come above what was opened since; never while the person is inside, who would lose the focus. */
  raise() {
    const host = this.#host;
    if (!host.isConnected || typeof host.showPopover !== "function") return;
    const shown = host.matches(":popover-open");
    if (shown && (opened.size > 0 || host.matches(":focus-within"))) return;
    if (shown) host.hidePopover();
    host.showPopover();
  }

  #follow() {
    const open = modalDialogs();
    this.#modals = [
      ...this.#modals.filter((dialog) => open.includes(dialog)), ...open.filter((dialog) => !this.#modals.includes(dialog)),
    ];
    const top = this.#modals.at(-1);
    if (top && this.#host.parentNode !== top) this.#enter(top);
    else if (!top) this.#leave();
    this.raise();
  }

  /** Go back. When its place was taken off the page meanwhile, it goes too: in a closed dialog nobody would see it. */
  #leave() {
    const {dialog} = this;
    this.dialog = null;
    if (this.#place.isConnected) this.#place.replaceWith(this.#host);
    else if (this.#host.parentNode === dialog) this.#host.remove();
  }

  /** @param {Element} dialog */
  #enter(dialog) {
    if (!this.#place.isConnected) this.#host.before(this.#place);
    this.dialog = dialog;
    const parent = /** @type {Element & {moveBefore?: (node: Node, child: Node | null) => void}} */ (dialog);
    if (parent.moveBefore) parent.moveBefore(this.#host, null);
    else parent.append(this.#host);
    // What was opened before the dialog lies inert below it.
    if (opened.size > 0 && this.#host.matches(":popover-open")) this.#host.hidePopover();
  }
}

function modalDialogs() {
  try {
    // The dialog of a hub-broadcast is in its shadow, and has a slot for what comes into the element.
    return [...document.querySelectorAll("dialog:modal, hub-broadcast[open]")];
  } catch {
    return []; // a browser without :modal has no top layer to come above either
  }
}
