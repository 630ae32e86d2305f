/**
 * How long timed pop-ups stay: each has its own time, and it runs only while they are looked at. One that leaves for another
 * tab and comes back goes on where it was. Time is an argument.
 */

/** Shortest and longest time on screen, ms; and what 100 characters add to the basis. */
const SHORTEST = 6_000;
const LONGEST = 15_000;
const BASIS = 5_000;
const READING = 10;
/** So many that left are remembered. */
const REMEMBERED = 100;

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
  /** Time that was left to those that left, the latest last. @type {Map<string, number>} */
  #gone = new Map();

  /** @param {string} id @param {number} time ms, unless it was here before @param {number} now */
  add(id, time, now) {
    if (!this.#left.has(id)) this.#left.set(id, (this.#gone.get(id) ?? time) + this.#run(now));
  }

  /** @param {string} id @param {number} now @returns {number | null} the time it had left, ms */
  remove(id, now) {
    const left = this.#left.get(id);
    if (left === undefined) return null;
    this.#left.delete(id);
    this.told(id, left - this.#run(now), now);
    return left - this.#run(now);
  }

  /** Another tab showed this pop-up so long that this time is left. @param {string} id @param {number} left ms @param {number} now */
  told(id, left, now) {
    const own = this.#left.get(id);
    if (own !== undefined) this.#left.set(id, Math.min(own, left + this.#run(now)));
    this.#gone.delete(id);
    this.#gone.set(id, left);
    if (this.#gone.size > REMEMBERED) this.#gone.delete([...this.#gone.keys()][0]);
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
    return Math.max(0, Math.min(...this.#left.values()) - this.#run(now));
  }

  /** Tell how long the time has run since it was last taken off. @param {number} now */
  #run(now) {
    return now - (this.#since ?? now);
  }

  /** @param {number} now */
  #settle(now) {
    for (const [id, left] of this.#left) this.#left.set(id, left - this.#run(now));
  }
}
