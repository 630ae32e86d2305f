/**
 * What the person is doing with this page, as one of four states, and when the page goes away or comes back.
 *
 *   focused   visible and the keyboard is in it        rank 3
 *   visible   visible, the keyboard is elsewhere       rank 2
 *   hidden    not visible; wins over a stale focus     rank 1
 *   frozen    the browser stopped the page             rank 0
 *
 * The order of the browser's events is not fixed, and one act may flip them eight times in 40 ms; so no event's name is
 * believed: on any of them both properties are read again. A promotion is told at once, a demotion after some quiet
 * (a hidden page's timers make that up to a second). A return before that is told too: another tab may have been
 * elected meanwhile.
 *
 * @typedef {import("./wire.js").AttentionState} AttentionState
 *
 * @typedef {object} Page the parts of a browser page that are used, so that a test can play one
 * @property {Pick<Document, "visibilityState" | "hasFocus" | "addEventListener">} document
 * @property {Pick<Window, "addEventListener">} window
 *
 * @typedef {object} Listener
 * @property {(state: AttentionState) => void} attentionChanged also called again in `focused` when the person acted
 * @property {() => void} pageLeft the browser is about to stop this page: say goodbye now
 * @property {() => void} pageReturned the page is back, or the network is
 */

/** Quiet before a lower state is believed, ms: longer than a window manager's flips. */
const QUIET = 200;
/** Shortest time between two reports that the person acts, ms. */
const ACTIVITY = 15_000;

const RANK = {frozen: 0, hidden: 1, visible: 2, focused: 3};

const ON_DOCUMENT = ["visibilitychange", "freeze", "resume"];
const ON_WINDOW = ["focus", "blur", "pageshow", "pagehide", "online"];
const ACTS = ["pointerdown", "keydown"];

export class Attention {
  #page;
  #listener;
  #timers;
  #now;
  /** @type {AttentionState} */
  #state;
  #away = false;
  #listening = new AbortController();
  #acted = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #quiet;

  /**
   * @param {Page} page
   * @param {Listener} listener
   * @param {{setTimeout: typeof setTimeout, clearTimeout: typeof clearTimeout, now: () => number}} clock
   */
  constructor(page, listener, clock) {
    this.#page = page;
    this.#listener = listener;
    this.#timers = clock;
    this.#now = clock.now;
    this.#state = this.#look();
  }

  /** What the hub was told last, or is to be told in the next `hello`. */
  get state() {
    return this.#state;
  }

  start() {
    const {document, window} = this.#page;
    const {signal} = this.#listening;
    for (const name of ON_DOCUMENT) document.addEventListener(name, this.#heard, {signal});
    for (const name of ON_WINDOW) window.addEventListener(name, this.#heard, {signal});
    for (const name of ACTS) window.addEventListener(name, this.#acting, {signal, capture: true, passive: true});
  }

  stop() {
    this.#calm();
    this.#listening.abort();
  }

  /** Read the two properties now. @returns {AttentionState} */
  #look() {
    const {document} = this.#page;
    if (document.visibilityState !== "visible") return "hidden";
    return document.hasFocus() ? "focused" : "visible";
  }

  #heard = (/** @type {Event} */ event) => {
    if (event.type === "freeze" || event.type === "pagehide") return this.#leave(event.type);
    if (event.type === "resume" || event.type === "pageshow") this.#away = false;
    this.#weigh(this.#look());
    const shown = event.type === "visibilitychange" && this.#look() !== "hidden";
    if (!this.#away && (shown || ["resume", "pageshow", "online"].includes(event.type))) this.#listener.pageReturned();
  };

  /** @param {string} how */
  #leave(how) {
    this.#calm();
    this.#state = how === "freeze" ? "frozen" : "hidden";
    if (this.#away) return;
    this.#away = true;
    this.#listener.pageLeft();
  }

  /** @param {AttentionState} seen */
  #weigh(seen) {
    if (this.#away) return;
    const left = this.#quiet !== undefined;
    this.#calm();
    if (RANK[seen] > RANK[this.#state]) this.#tell(seen);
    else if (seen !== this.#state) this.#quiet = this.#timers.setTimeout(() => this.#left(), QUIET);
    else if (left) this.#act();
  }

  #left() {
    this.#quiet = undefined;
    this.#tell(this.#look());
  }

  #calm() {
    this.#timers.clearTimeout(this.#quiet);
    this.#quiet = undefined;
  }

  /** @param {AttentionState} state */
  #tell(state) {
    if (this.#away || state === this.#state) return;
    this.#state = state;
    if (state === "focused") this.#acted = this.#now();
    this.#listener.attentionChanged(state);
  }

  #acting = () => {
    this.#weigh(this.#look());
    if (this.#now() - this.#acted >= ACTIVITY) this.#act();
  };

  /** Tell that the person acts here; also that they came back before their leaving was told. */
  #act() {
    if (this.#state !== "focused") return;
    this.#acted = this.#now();
    this.#listener.attentionChanged("focused");
  }
}
