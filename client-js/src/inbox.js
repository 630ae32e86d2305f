/**
 * What this tab knows of the user's inbox: newest first, changed only by frames and pages. Pure values.
 *
 * @typedef {import("./wire.js").Entry} Entry
 */

/** Entries kept in memory, unless older ones were asked for; those are read again over HTTP. */
const KEPT = 1000;

/**
 * Order two entries, the newer first.
 * @param {Entry} a
 * @param {Entry} b
 */
export function newestFirst(a, b) {
  return Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

export class Inbox {
  /** Entries with their `seq`, or an upper bound of it for those that came in a snapshot. @type {Map<string, {entry: Entry, seq: number}>} */
  #known = new Map();

  /** Entries that are not archived, newest first. */
  get entries() {
    return this.#all.filter((entry) => entry.state !== "archived");
  }

  /** All, newest first. */
  get #all() {
    return [...this.#known.values()].map(({entry}) => entry).sort(newestFirst);
  }

  /**
   * Replace everything: the hub's snapshot is the new truth.
   * @param {readonly Entry[]} entries
   * @param {number} seq head of the log when it was taken
   */
  replace(entries, seq) {
    this.#known.clear();
    for (const entry of entries) this.add(entry, seq);
  }

  /**
   * @param {Entry} entry
   * @param {number} seq
   */
  add(entry, seq) {
    this.#known.set(entry.id, {entry, seq});
    if (this.#known.size > KEPT) this.remove([this.#all[this.#known.size - 1].id]);
  }

  /**
   * Merge a page that was read over HTTP.
   * @param {readonly Entry[]} entries
   * @param {number} seq head of the log when it was asked for
   * @param {boolean} newer false when frames came meanwhile: what they said about known entries stays
   */
  merge(entries, seq, newer) {
    for (const entry of entries) if (newer || !this.#known.has(entry.id)) this.#known.set(entry.id, {entry, seq});
  }

  /**
   * @param {readonly string[]} ids
   * @param {Entry["state"]} state
   * @returns {boolean} whether every id was known
   */
  mark(ids, state) {
    let known = true;
    for (const id of ids) {
      const held = this.#known.get(id);
      if (held) held.entry = {...held.entry, state};
      else known = false;
    }
    return known;
  }

  /**
   * Mark as read what is unread among ids.
   * @param {readonly string[]} ids
   */
  read(ids) {
    return this.mark(ids.filter((id) => this.#known.get(id)?.entry.state !== "archived"), "read");
  }

  /**
   * Mark as read everything up to a position of the log.
   * @param {number} upTo
   * @returns {boolean} whether it is sure for every entry; a snapshot does not tell their positions
   */
  readUpTo(upTo) {
    const unread = [...this.#known.values()].filter(({entry}) => entry.state === "unread");
    const reached = unread.filter(({seq}) => seq <= upTo);
    this.read(reached.map(({entry}) => entry.id));
    return reached.length === unread.length;
  }

  /** @param {readonly string[]} ids */
  remove(ids) {
    for (const id of ids) this.#known.delete(id);
  }
}
