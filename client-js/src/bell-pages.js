/**
 * What the bell lists: all, unread or archived entries, perhaps of one account, page by page. The client keeps what is not
 * archived in step by itself; the archive is read over HTTP only.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {"all" | "unread" | "archived"} View
 */

export class Pages {
  /** @type {View} */
  view = "all";
  account = "";
  failed = false;
  loading = false;
  /** Where the next page begins; null: there is none, or nothing was read yet. @type {string | null} */
  cursor = null;
  /** When the last entry of the last page read was. */
  #reached = "";
  /** @type {Entry[]} */
  #archived = [];
  /** The request that counts; an answer to an earlier one is of another view. */
  #asked = {};
  #changed;

  /** @param {() => void} changed called when there is something else to show */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Begin with the first page of a view or an account. @param {{view?: View, account?: string}} what */
  choose({view = this.view, account = this.account}) {
    Object.assign(this, {view, account, cursor: null, failed: false});
    this.#archived = [];
    this.#asked = {};
  }

  /** What is to be shown, newest first; nothing older than what the pages reached. @param {HubClient | null} client */
  entries(client) {
    const live = client?.entries ?? [];
    if (this.view === "archived") return this.#archived.filter(({id}) => !live.some((entry) => entry.id === id));
    const from = this.cursor === null ? 0 : Date.parse(this.#reached);
    return live.filter(({state, account, at}) =>
      (this.view === "all" || state === "unread") && (!this.account || account === this.account) && Date.parse(at) >= from);
  }

  /** @param {HubClient} client @param {string | null} cursor null: the first page */
  async load(client, cursor) {
    const asked = this.#asked = {};
    this.loading = true;
    this.failed = false;
    this.#changed();
    const {view: state, account} = this;
    const page = await client.inbox({cursor, state, account}).catch(() => null);
    if (asked !== this.#asked) return;
    this.loading = false;
    this.failed = page === null;
    if (page) this.#take(page, cursor);
    this.#changed();
  }

  /** @param {import("./hub.js").Page} page @param {string | null} cursor */
  #take({items, next_cursor: next}, cursor) {
    // The first page read again tells nothing of where the later ones ended; of the archive it is all that is kept.
    if (cursor !== null || this.cursor === null || this.view === "archived") {
      this.cursor = next;
      this.#reached = items.at(-1)?.at ?? "";
    }
    const known = new Set(items.map(({id}) => id));
    if (this.view === "archived") this.#archived = cursor ? [...this.#archived.filter(({id}) => !known.has(id)), ...items] : items;
  }
}
