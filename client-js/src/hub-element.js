/**
 * What all elements have in common: one connection per hub and page. Elements name the hub by `url` (default: where this
 * module came from) and get the token from `getToken`, set on any one of them; or they are handed a `client`.
 */

import {retime} from "./dom.js";
import {HubClient} from "./hub.js";
import {languages} from "./strings.js";
import {themed} from "./styles.js";

/**
 * @typedef {() => string | Promise<string>} GetToken
 * @typedef {{client: HubClient | null, members: Set<HubElement>}} Connection
 */

/** @type {Map<string, Connection>} */
const connections = new Map();

const ORIGIN = new URL(import.meta.url).origin;
/** Times on the screen are brought up to date as often, ms. */
const TICK = 30_000;

/** How often the language was changed. */
let changes = 0;
languages.addEventListener("change", () => ++changes);

export class HubElement extends HTMLElement {
  static observedAttributes = ["url"];

  /** @type {HubClient | null} */
  #given = null;
  /** @type {GetToken | null} */
  #getToken = null;
  /** @type {HubClient | null} */
  #client = null;
  #listening = new AbortController();
  #page = new AbortController();
  /** @type {string | null} */
  #joined = null;
  /** The change of language it was drawn after. */
  #drawn = changes;

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
    this.#page.abort();
    this.#page = new AbortController();
    const {signal} = this.#page;
    const clock = setInterval(() => retime(this.shadowRoot), TICK);
    signal.addEventListener("abort", () => clearInterval(clock));
    // An element that is off the page, perhaps for good, is not kept by the language, and catches up when it is back.
    languages.addEventListener("change", () => this.renew(), {signal});
    if (this.#drawn !== changes) this.renew();
    this.placed(signal);
    this.#settle();
  }

  disconnectedCallback() {
    this.#page.abort();
    // A move within the page disconnects and connects again: only an element that stays away leaves the connection.
    queueMicrotask(() => this.isConnected || this.#settle());
  }

  attributeChangedCallback() {
    this.#settle();
  }

  /** The element is on the page, or in another place of it: listen to what is around. @param {AbortSignal} _signal aborted when it leaves */
  placed(_signal) {}

  /**
   * Follow a client: add listeners with the signal, draw what it knows. Called with null to draw nothing.
   * @param {HubClient | null} _client
   * @param {AbortSignal} _signal aborted when another client takes over
   */
  follow(_client, _signal) {}

  /** Draw the empty element: called by the constructor of each kind, and again by `renew`. */
  build() {}

  /** Draw it anew: in another language, or because a part of it has come. */
  renew() {
    this.#drawn = changes;
    this.build();
    this.#refollow();
  }

  /**
   * Make the shadow tree, anew if need be.
   * @param {string} css the view's own
   * @param {...Node} nodes
   */
  fill(css, ...nodes) {
    (this.shadowRoot ?? this.attachShadow({mode: "open"})).replaceChildren(...nodes);
    this.dress(css);
  }

  /** Give it its looks, beside what all share. @param {...string} css */
  dress(...css) {
    if (this.shadowRoot) this.shadowRoot.adoptedStyleSheets = themed(...css);
  }

  /** What has the focus in the shadow tree. */
  get focused() {
    return /** @type {HTMLElement | null} */ (this.shadowRoot?.activeElement ?? null);
  }

  /** Let the page itself show what an entry links to, if it wants. @param {import("./wire.js").Entry} entry @param {Event} event */
  opens(entry, event) {
    const open = new CustomEvent("hub-open", {detail: {entry}, bubbles: true, composed: true, cancelable: true});
    if (!this.dispatchEvent(open)) event.preventDefault();
  }

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
    this.#client = client;
    this.#refollow();
  }

  #refollow() {
    this.#listening.abort();
    this.#listening = new AbortController();
    this.follow(this.#client, this.#listening.signal);
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
