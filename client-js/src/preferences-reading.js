/**
 * Reads what `<hub-preferences>` shows; without the DOM.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {import("./preferences-rules.js").State} State
 * @typedef {{id: string, number: string, ring_group: string | null, owner: string | null}} Line
 */

/** @param {HubClient} client @returns {Promise<State>} */
export async function readAll(client) {
  const [types, preferences, lines, lists] = await Promise.all([
    /** @type {Promise<any>} */ (client.request("v1/types")), /** @type {Promise<any>} */ (client.request("v1/users/me/preferences")),
    readLines(client), readLists(client),
  ]);
  const numbers = lines.map(({id, number, ring_group, owner}) => ({id, name: number, hint: ring_group ?? owner ?? ""}));
  return {types: types.items, preferences, numbers, ...lists};
}

/** Read the lists, of which no frame tells more than that something has changed. @param {HubClient} client */
export async function readLists(client) {
  const [rollup, optIns] = await Promise.all([optional(client, "v1/users/me/rollup"), optional(client, "v1/users/me/line-opt-ins")]);
  return {accounts: rollup?.accounts ?? [], below: rollup?.available ?? null, lines: optIns?.lines ?? []};
}

/**
 * Read what may not be there: the roll-up while the add-on is off, lines for who may see none (C-04).
 * @param {HubClient} client
 * @param {string} path
 * @returns {Promise<any>}
 */
function optional(client, path) {
  return client.request(path).catch((error) => {
    if (error.code !== "not_found" && error.code !== "forbidden") throw error;
  });
}

/** @param {HubClient} client */
async function readLines(client) {
  /** @type {Line[]} */
  const lines = [];
  for (let cursor = ""; ;) {
    const page = await optional(client, `v1/lines?limit=200${cursor}`);
    lines.push(...page?.items ?? []);
    if (!page?.next_cursor) return lines;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
