/**
 * The headless client: `connect({url, getToken})` gives an `EventTarget` that is this page's tab at the hub.
 *
 *   notification  {entry, popup}       something new; `popup` in at most one tab of the user
 *   popups        {popups, added, removed, reason}   what this tab shows changed; `client.popups` is the whole
 *   closed        {ids}                dismissed, archived or withdrawn, here or elsewhere
 *   unread        {unread}
 *   inbox         {stale}              `client.entries` changed; stale: only reading it over HTTP makes it complete
 *   elected       {elected, popups}
 *   connection    {state}              connecting, connected, reconnecting, paused, closed
 *   attention     {state}              focused, visible, hidden, frozen: as told to the hub
 *   preferences   {preferences, roles}
 *   error         {code, message}
 *   frame         {sent, frame}        for diagnosis; tokens are left out
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./wire.js").TabFrame} TabFrame
 * @typedef {{changed: string[], unknown: string[], unread: number}} Acknowledged
 * @typedef {{items: Entry[], next_cursor: string | null, unread: number}} Page
 * @typedef {{url: string, token?: string, getToken?: () => string | Promise<string>}} Options
 * @typedef {Partial<import("./socket.js").Machine & {page: import("./attention.js").Page, fetch: typeof fetch}>} Environment
 */

import {Attention} from "./attention.js";
import {Session} from "./session.js";
import {Socket} from "./socket.js";

export const VERSION = "hub-js/1.0.0";

/** A refusal by the hub: `code` is stable, `message` is for people. */
export class HubError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "HubError";
    this.code = code;
  }
}

/** The browser's own clock, chance and page; a test hands in another. @param {Environment} [own] */
function environment(own = {}) {
  return {
    WebSocket: own.WebSocket ?? globalThis.WebSocket,
    setTimeout: own.setTimeout ?? globalThis.setTimeout.bind(globalThis),
    clearTimeout: own.clearTimeout ?? globalThis.clearTimeout.bind(globalThis),
    now: own.now ?? Date.now,
    random: own.random ?? Math.random,
    fetch: own.fetch ?? globalThis.fetch.bind(globalThis),
    page: own.page ?? {document: globalThis.document, window: globalThis.window},
  };
}

/** A random id, kept in memory only: a duplicated browser tab must not take it along. */
function tabId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class HubClient extends EventTarget {
  tab = tabId();
  url;
  #session = new Session();
  #socket;
  #attention;
  /** What the hub was told of this page's attention. @type {import("./wire.js").AttentionState | null} */
  #told = null;
  #fetch;
  /** @type {Map<number, {resolve: (ack: Acknowledged) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  /**
   * @param {Options} options
   * @param {Environment} [own]
   */
  constructor({url, token, getToken}, own) {
    super();
    const machine = environment(own);
    this.url = new URL(url, globalThis.location?.href).href;
    this.#fetch = machine.fetch;
    this.#socket = new Socket(this.url, getToken ?? token ?? "", {
      hello: (fresh) => this.#hello(fresh),
      probe: () => ({op: "read", ids: ["probe"], ref: this.#session.nextRef()}),
      received: (frame) => this.#received(frame),
      sent: (frame) => this.#emit("frame", {sent: true, frame: "token" in frame ? {...frame, token: "…"} : frame}),
      connectionChanged: (state) => this.#emit("connection", {state}),
      failed: (error) => this.#failed(error),
    }, machine);
    this.#attention = new Attention(machine.page, {
      attentionChanged: (state) => this.#attentionChanged(state),
      pageLeft: () => this.#pause(),
      pageReturned: () => this.#socket.returned(),
    }, machine);
    this.#attention.start();
    void this.#socket.open();
  }

  /** The user's id, null before the first welcome. */
  get user() { return this.#session.user; }

  get roles() { return this.#session.roles; }

  get unread() { return this.#session.unread; }

  /** Whether this tab shows the user's pop-ups. */
  get elected() { return this.#session.elected; }

  /** The connection: connecting, connected, reconnecting, paused or closed. */
  get state() { return this.#socket.state; }

  /** What the person does with this page: focused, visible, hidden or frozen. */
  get attention() { return this.#attention.state; }

  /** Open pop-ups this tab holds, oldest first: on its screen or queued. */
  get popups() { return this.#session.popups; }

  /** What this tab knows of the inbox, newest first. */
  get entries() { return this.#session.inbox.entries; }

  /**
   * Close for good, everywhere; sent again after a reconnect until the hub acknowledged it.
   * @param {readonly string[]} ids
   * @returns {Promise<Acknowledged>}
   */
  dismiss(ids) {
    return ids.length ? this.#wish(this.#session.dismiss(ids)) : this.#nothing();
  }

  /** Close every open pop-up this tab holds, with one message. */
  dismissAll() {
    return this.dismiss(this.popups.map((entry) => entry.id));
  }

  /**
   * @param {readonly string[]} ids
   * @returns {Promise<Acknowledged>}
   */
  read(ids) {
    return ids.length ? this.#wish(this.#session.read(ids)) : this.#nothing();
  }

  /** Mark as read everything up to what this tab has seen of the log. */
  readAll() {
    return this.#wish(this.#session.read({upTo: this.#session.seq}));
  }

  /** Report timed pop-ups that left the screen by themselves. @param {readonly string[]} ids */
  faded(ids) {
    this.#run(this.#session.fade(ids));
  }

  /**
   * Read a page of the inbox over HTTP, newest first.
   * @param {{cursor?: string | null, state?: "all" | "unread" | "archived"}} [options]
   * @returns {Promise<Page>}
   */
  async inbox({cursor, state = "all"} = {}) {
    const query = new URLSearchParams({state, ...(cursor ? {cursor} : {})});
    const seq = this.#session.seq;
    const page = /** @type {Page} */ (await this.request(`v1/inbox?${query}`));
    if (state !== "archived") {
      this.#session.inbox.merge(page.items, seq, seq === this.#session.seq);
      this.#emit("inbox", {stale: false});
    }
    return page;
  }

  /**
   * Call the hub's HTTP API as this user.
   * @param {string} path below the hub's origin
   * @param {{method?: string, body?: unknown}} [options]
   * @returns {Promise<unknown>} the decoded answer
   * @throws {HubError} with the problem's code
   */
  async request(path, {method = "GET", body} = {}) {
    let answer = await this.#call(path, method, body, false);
    if (answer.status === 401) answer = await this.#call(path, method, body, true);
    const content = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new HubError(content?.code ?? `http_${answer.status}`, content?.detail ?? answer.statusText);
    return content;
  }

  /** Leave the hub for good; wishes without an answer are refused with `closed`. */
  close() {
    this.#attention.stop();
    this.#run(this.#session.pause());
    this.#socket.close();
    this.#abandonWishes();
  }

  /**
   * @param {string} path
   * @param {string} method
   * @param {unknown} body
   * @param {boolean} fresh
   */
  async #call(path, method, body, fresh) {
    const token = await this.#socket.token({fresh});
    const base = this.url.endsWith("/") ? this.url : `${this.url}/`;
    return this.#fetch(new URL(path, base).href, {
      method,
      headers: {Authorization: `Bearer ${token}`, "Content-Type": "application/json"},
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  /** @param {string} token @returns {TabFrame} */
  #hello(token) {
    const {tab} = this;
    this.#told = this.#attention.state;
    return {op: "hello", token, tab, state: this.#told, after: this.#session.after, client: VERSION};
  }

  /** @param {import("./wire.js").HubFrame} frame */
  #received(frame) {
    this.#emit("frame", {sent: false, frame});
    this.#run(this.#session.receive(frame));
    // What changed between hello and welcome could not be told then.
    if (frame.op === "welcome" && this.#told !== this.#attention.state) this.#tell(this.#attention.state);
  }

  /** @param {import("./wire.js").AttentionState} state */
  #attentionChanged(state) {
    this.#tell(state);
    this.#emit("attention", {state});
  }

  /** @param {import("./wire.js").AttentionState} state */
  #tell(state) {
    if (this.#socket.send({op: "state", state})) this.#told = state;
  }

  #pause() {
    this.#socket.pause();
    this.#run(this.#session.pause());
  }

  /** @param {{code: string, message: string}} error */
  #failed(error) {
    this.#emit("error", error);
    if (this.state !== "closed") return;
    this.#run(this.#session.pause());
    this.#abandonWishes();
  }

  /**
   * Carry out what the session decided, in order.
   * @param {import("./session.js").Command[]} commands
   */
  #run(commands) {
    for (const command of commands) {
      switch (command.do) {
        case "send": this.#socket.send(command.frame); break;
        case "emit": this.#emit(command.type, command.detail); break;
        case "settle": this.#settle(command); break;
        case "reconnect": this.#socket.resync(); break;
      }
    }
  }

  /** @param {{ref: number, ack?: import("./wire.js").Ack, error?: {code: string, message: string}}} outcome */
  #settle({ref, ack, error}) {
    const wish = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    if (error) wish?.reject(new HubError(error.code, error.message));
    else if (ack) wish?.resolve({changed: ack.changed, unknown: ack.unknown, unread: ack.unread});
  }

  /**
   * @param {{ref: number, commands: import("./session.js").Command[]}} wish
   * @returns {Promise<Acknowledged>}
   */
  #wish({ref, commands}) {
    const answer = new Promise((resolve, reject) => this.#waiting.set(ref, {resolve, reject}));
    answer.catch(() => undefined); // refusals also come as an `error` event: nobody is forced to catch both
    this.#run(commands);
    if (this.state === "closed") this.#abandonWishes();
    return answer;
  }

  #abandonWishes() {
    for (const {reject} of this.#waiting.values()) reject(new HubError("closed", "the connection is closed"));
    this.#waiting.clear();
  }

  #nothing() {
    return Promise.resolve({changed: [], unknown: [], unread: this.unread});
  }

  /** @param {string} type @param {object} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}

/**
 * Connect this page to the hub as one tab.
 * @param {Options} options `url`: the hub's http(s) origin; `getToken` is asked again before a token runs out
 * @param {Environment} [own] for tests
 */
export function connect(options, own) {
  return new HubClient(options, own);
}
