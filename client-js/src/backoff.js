/** How long to stay away before the next attempt. Chance is an argument. */

/** Shortest wait, ms: even the first return leaves a hub that just restarted a moment. */
const FLOOR = 500;
/** Longest wait, ms: a person who looks at the page sees it come back within this. */
const CEILING = 20_000;

/**
 * Wait with full jitter: anywhere between the floor and a ceiling that doubles with each failed attempt (0, 1, 2, ...),
 * so that ten thousand tabs do not come back in one wave.
 * @param {number} attempt
 * @param {number} chance in [0, 1)
 * @returns {number} ms
 */
export function backoff(attempt, chance) {
  return between([FLOOR, Math.min(CEILING, 2 * FLOOR * 2 ** Math.min(attempt, 10))], chance);
}

/**
 * Pick a moment inside a window that the hub named (`bye.delay_ms`).
 * @param {readonly [number, number]} window ms
 * @param {number} chance in [0, 1)
 * @returns {number} ms
 */
export function between([from, to], chance) {
  return from + chance * Math.max(0, to - from);
}
