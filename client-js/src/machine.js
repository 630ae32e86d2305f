/**
 * What a client needs of the browser: clock, chance, sockets, and what the tabs of a profile share.
 *
 * @typedef {Partial<import("./socket.js").Machine & import("./profile.js").Browser &
 *   {page: import("./attention.js").Page, fetch: typeof fetch}>} Environment
 */

/** The browser's own; a test hands in another. @param {Environment} [own] */
export function environment(own) {
  const {WebSocket, BroadcastChannel, document, window, navigator} = globalThis;
  return {
    WebSocket,
    BroadcastChannel,
    locks: navigator?.locks,
    page: {document, window},
    now: Date.now,
    random: Math.random,
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
    fetch: fetch.bind(globalThis),
    ...own,
  };
}

/** A random id, kept in memory only: a duplicated browser tab must not take it along. */
export function tabId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
