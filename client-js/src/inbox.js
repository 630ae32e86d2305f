/**
 * What this tab knows of the user's inbox: newest first, changed only by frames and pages. Pure values.
 *
 * @typedef {import("./wire.js").Entry} Entry
 */

/** Entries kept in memory; older ones are read again over HTTP. */
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
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** The `seq` of each entry, or an upper bound for those that came in a snapshot. @type {Map<string, number>} */
  #seqs = new Map();

  /** Entries that are not archived, newest first. */
  get entries() {
    return [...this.#entries.values()].filter((entry) => entry.state !== "archived").sort(newestFirst);
  }

  /** @param {string} id */
  get(id) {
    return this.#entries.get(id);
  }

  /**
   * Replace everything: the hub's snapshot is the new truth.
   * @param {readonly Entry[]} entries
   * @param {number} seq head of the log when it was taken
   */
  replace(entries, seq) {
    this.#entries.clear();
    this.#seqs.clear();
    for (const entry of entries) this.add(entry, seq);
  }

  /**
   * @param {Entry} entry
   * @param {number} seq
   */
  add(entry, seq) {
    this.#entries.set(entry.id, entry);
    this.#seqs.set(entry.id, seq);
    if (this.#entries.size > KEPT) this.remove([[...this.#entries.values()].sort(newestFirst).at(-1)?.id ?? ""]);
  }

  /**
   * Merge a page that was read over HTTP.
   * @param {readonly Entry[]} entries
   * @param {number} seq head of the log when it was asked for
   * @param {boolean} newer false when frames came meanwhile: what they said about known entries stays
   */
  merge(entries, seq, newer) {
    for (const entry of entries) if (newer || !this.#entries.has(entry.id)) this.add(entry, seq);
  }

  /**
   * @param {readonly string[]} ids
   * @param {Entry["state"]} state
   * @returns {boolean} whether every id was known
   */
  mark(ids, state) {
    let known = true;
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry) this.#entries.set(id, {...entry, state});
      else known = false;
    }
    return known;
  }

  /**
   * Mark as read what is unread among ids.
   * @param {readonly string[]} ids
   */
  read(ids) {
    return this.mark(ids.filter((id) => this.#entries.get(id)?.state !== "archived"), "read");
  }

  /**
   * Mark as read everything up to a position of the log.
   * @param {number} upTo
   * @returns {boolean} whether it is sure for every entry; a snapshot does not tell their positions
   */
  readUpTo(upTo) {
    const unread = [...this.#entries.values()].filter((entry) => entry.state === "unread").map((entry) => entry.id);
    const reached = unread.filter((id) => (this.#seqs.get(id) ?? 0) <= upTo);
    this.read(reached);
    return reached.length === unread.length;
  }

  /** @param {readonly string[]} ids */
  remove(ids) {
    for (const id of ids) {
      this.#entries.delete(id);
      this.#seqs.delete(id);
    }
  }
}
