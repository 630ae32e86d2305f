/**
 * How long timed pop-ups stay: each has its own time, and it runs only while they are looked at. Time is an argument.
 */

/** Shortest and longest time on screen, ms; and what 100 characters add to the basis. */
const SHORTEST = 6_000;
const LONGEST = 15_000;
const BASIS = 5_000;
const READING = 10;

/**
 * Give the time a pop-up needs to be read, ms.
 * @param {{title: string, body?: string | null}} entry
 */
export function readingTime({title, body}) {
  return Math.min(LONGEST, Math.max(SHORTEST, BASIS + READING * (title.length + (body?.length ?? 0))));
}

export class Fade {
  /** Time left per pop-up, as of `#since` while running. @type {Map<string, number>} */
  #left = new Map();
  /** @type {number | null} */
  #since = null;

  /** @param {string} id @param {number} time ms @param {number} now */
  add(id, time, now) {
    if (!this.#left.has(id)) this.#left.set(id, time + (this.#since === null ? 0 : now - this.#since));
  }

  /** @param {string} id */
  remove(id) {
    this.#left.delete(id);
  }

  /** @param {boolean} running @param {number} now */
  run(running, now) {
    if (running === (this.#since !== null)) return;
    if (running) {
      this.#since = now;
      return;
    }
    this.#settle(now);
    this.#since = null;
  }

  /** Take out the pop-ups whose time is over. @param {number} now @returns {string[]} */
  due(now) {
    if (this.#since === null) return [];
    this.#settle(now);
    this.#since = now;
    const over = [...this.#left].filter(([, left]) => left <= 0).map(([id]) => id);
    for (const id of over) this.#left.delete(id);
    return over;
  }

  /** Tell when to ask again, in ms; null while nothing runs. @param {number} now */
  next(now) {
    if (this.#since === null || this.#left.size === 0) return null;
    return Math.max(0, Math.min(...this.#left.values()) - (now - this.#since));
  }

  /** @param {number} now */
  #settle(now) {
    const gone = now - (this.#since ?? now);
    for (const [id, left] of this.#left) this.#left.set(id, left - gone);
  }
}
