/**
 * What all elements have in common: one connection per hub and page. Elements name the hub by `url` (default: where this
 * module came from) and get the token from `getToken`, set on any one of them; or they are handed a `client`.
 */

import {HubClient} from "./hub.js";

/**
 * @typedef {() => string | Promise<string>} GetToken
 * @typedef {{client: HubClient | null, members: Set<HubElement>}} Connection
 */

/** @type {Map<string, Connection>} */
const connections = new Map();

const ORIGIN = new URL(import.meta.url).origin;

export class HubElement extends HTMLElement {
  static observedAttributes = ["url"];

  /** @type {HubClient | null} */
  #given = null;
  /** @type {GetToken | null} */
  #getToken = null;
  /** @type {HubClient | null} */
  #client = null;
  #listening = new AbortController();
  /** @type {string | null} */
  #joined = null;

  /** The client this element shows, its own or the shared one. @returns {HubClient | null} */
  get client() { return this.#client; }

  set client(client) {
    this.#given = client;
    this.#settle();
  }

  get getToken() { return this.#getToken; }

  set getToken(getToken) {
    this.#getToken = getToken;
    this.#settle();
  }

  /** The hub's address, as all elements of one connection spell it. */
  get hub() {
    const here = ORIGIN === "null" ? location.origin : ORIGIN;
    return new URL(this.getAttribute("url") ?? here, document.baseURI).href;
  }

  connectedCallback() {
    for (const name of ["client", "getToken"]) this.#upgrade(name);
    this.#settle();
  }

  disconnectedCallback() {
    // A move within the page disconnects and connects again: only an element that stays away leaves the connection.
    queueMicrotask(() => this.isConnected || this.#settle());
  }

  attributeChangedCallback() {
    this.#settle();
  }

  /**
   * Follow a client: add listeners with the signal, draw what it knows. Called with null to draw nothing.
   * @param {HubClient | null} _client
   * @param {AbortSignal} _signal aborted when another client takes over
   */
  follow(_client, _signal) {}

  /** A property that was set before this class was known hides its accessor: set it again. @param {string} name */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const self = /** @type {any} */ (this);
    const value = self[name];
    delete self[name];
    self[name] = value;
  }

  /** Join, leave or change the connection as attributes and properties say now. */
  #settle() {
    const wanted = this.isConnected && !this.#given ? this.hub : null;
    if (this.#joined !== null && this.#joined !== wanted) leave(this.#joined, this);
    this.#joined = wanted;
    if (wanted !== null) join(wanted, this);
    else this.use(this.isConnected ? this.#given : null);
  }

  /** @param {HubClient | null} client */
  use(client) {
    if (client === this.#client) return;
    this.#listening.abort();
    this.#listening = new AbortController();
    this.#client = client;
    this.follow(client, this.#listening.signal);
  }
}

/** @param {string} url @param {HubElement} member */
function join(url, member) {
  const connection = connections.get(url) ?? {client: null, members: new Set()};
  connections.set(url, connection);
  connection.members.add(member);
  if (member.getToken) connection.client ??= new HubClient({url, getToken: () => freshToken(connection)});
  for (const each of connection.members) each.use(connection.client);
}

/** Ask whichever element still has a way to get a token. @param {Connection} connection */
function freshToken({members}) {
  const getToken = [...members].find((member) => member.getToken)?.getToken;
  if (!getToken) throw new Error("no element with getToken is left on the page");
  return getToken();
}

/** @param {string} url @param {HubElement} member */
function leave(url, member) {
  const connection = connections.get(url);
  connection?.members.delete(member);
  member.use(null);
  if (!connection || connection.members.size > 0) return;
  connection.client?.close();
  connections.delete(url);
}
