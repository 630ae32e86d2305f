/**
 * The mark of an unattended pop-up: "(2) Title" and another favicon. N counts the pop-ups that came up in this tab since
 * it was last focused and are not dismissed; one that merely faded still counts. Focus, or losing the pop-ups to
 * another tab, clears it. The page may change its title meanwhile: the mark stays in front of the new one.
 * An installed app's icon counts what is unread, where there is such a thing.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 */

/** Which pop-ups the mark counts. Pure. */
export class Unattended {
  /** @type {Set<string>} */
  #ids = new Set();

  get count() { return this.#ids.size; }

  /**
   * @param {{added: readonly {id: string, sample?: boolean}[], focused: boolean, elected: boolean}} change a sample, which
   *   the person asked for, counts nowhere
   */
  popups({added, focused, elected}) {
    if (focused || !elected) this.#ids.clear();
    else for (const {id, sample} of added) if (!sample) this.#ids.add(id);
  }

  /** @param {readonly string[]} ids */
  closed(ids) {
    for (const id of ids) this.#ids.delete(id);
  }
}

/** Shows a count in the title and the favicon of a document. */
export class Badge {
  #document;
  #icon;
  #count = 0;
  #title = "";
  #shown = "";
  /** @type {Element[]} */
  #icons = [];
  /** @type {HTMLLinkElement | null} */
  #mark = null;
  #observer;

  /**
   * @param {Document} page
   * @param {string} icon address of the marked favicon; a file, because a strict CSP refuses `data:`
   */
  constructor(page, icon) {
    this.#document = page;
    this.#icon = icon;
    this.#observer = new MutationObserver(() => this.#titleChanged());
  }

  /** @param {number} count */
  show(count) {
    if (count === this.#count) return;
    if (this.#count === 0) this.#begin();
    this.#count = count;
    if (count === 0) this.#end();
    else this.#write();
  }

  #begin() {
    this.#title = this.#document.title;
    this.#icons = [...this.#document.querySelectorAll('link[rel~="icon"]')];
    this.#mark = this.#document.createElement("link");
    this.#mark.rel = "icon";
    this.#mark.href = this.#icon;
    for (const icon of this.#icons) icon.remove();
    this.#document.head.append(this.#mark);
    this.#observer.observe(this.#document.head, {subtree: true, childList: true, characterData: true});
  }

  #end() {
    this.#observer.disconnect();
    if (this.#document.title === this.#shown) this.#document.title = this.#title;
    this.#mark?.remove();
    // Without a link of its own the browser would keep the marked icon.
    if (this.#icons.length === 0) this.#icons = [Object.assign(this.#document.createElement("link"), {rel: "icon", href: "/favicon.ico"})];
    this.#document.head.append(...this.#icons);
  }

  #write() {
    this.#shown = `(${this.#count}) ${this.#title}`;
    if (this.#document.title !== this.#shown) this.#document.title = this.#shown;
  }

  #titleChanged() {
    if (this.#document.title === this.#shown) return;
    // A page that adds to its own title takes the mark along.
    this.#title = this.#document.title.replace(/^\(\d+\) /, "");
    this.#write();
  }
}

/** The one mark of the page while there is one, and what it counts: of several hubs the pop-ups of all. @type {Badge | null} */
let shown = null;
let total = 0;

/**
 * Keep a badge in step with a client.
 * @param {HubClient} client
 * @param {Badge} badge
 * @param {AbortSignal} signal
 */
export function followBadge(client, badge, signal) {
  const unattended = new Unattended();
  let counted = 0;
  const mark = (count = unattended.count) => {
    total += count - counted;
    counted = count;
    (shown ??= badge).show(total);
    if (total === 0) shown = null;
  };
  /** @param {string} type @param {(detail: any) => void} apply */
  const on = (type, apply) => client.addEventListener(type, (event) => {
    apply(/** @type {CustomEvent} */ (event).detail);
    mark();
  }, {signal});
  // Asked of the page itself: what the hub is told lags behind by the quiet that a demotion waits for.
  const focused = () => document.visibilityState === "visible" && document.hasFocus();
  const look = (/** @type {{id: string, sample?: boolean}[]} */ added) => {
    unattended.popups({added, focused: focused(), elected: client.elected});
    mark();
  };
  on("popups", ({added}) => look(added));
  on("elected", () => look([]));
  on("closed", ({ids}) => unattended.closed(ids));
  on("unread", ({unread}) => markApp(unread));
  window.addEventListener("focus", () => look([]), {signal});
  document.addEventListener("visibilitychange", () => look([]), {signal});
  signal.addEventListener("abort", () => mark(0));
  look(client.popups);
}

/** @param {number} unread */
function markApp(unread) {
  // Refused where the page is not installed or may not: then there is no icon to mark.
  navigator.setAppBadge?.(unread).catch(() => undefined);
}
