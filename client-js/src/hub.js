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
 *   told          {kind, detail}       by another tab of this browser profile, see `tell`
 *   error         {code, message}
 *   frame         {sent, frame}        for diagnosis; tokens are left out
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./wire.js").TabFrame} TabFrame
 * @typedef {{changed: string[], unknown: string[], unread: number}} Acknowledged
 * @typedef {{items: Entry[], next_cursor: string | null, unread: number}} Page
 * @typedef {{url: string, token?: string, getToken?: () => string | Promise<string>}} Options
 * @typedef {import("./machine.js").Environment} Environment
 */

import {Attention} from "./attention.js";
import {environment, tabId} from "./machine.js";
import {Profile} from "./profile.js";
import {Session} from "./session.js";
import {Socket} from "./socket.js";
import {claims} from "./wire.js";

export const VERSION = "hub-js/1.0.0";

/** A refusal by the hub: `code` is stable, `message` is for people, `errors` name the fields concerned. */
export class HubError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {readonly {field: string, message: string}[]} [errors]
   */
  constructor(code, message, errors = []) {
    super(message);
    this.name = "HubError";
    this.code = code;
    this.errors = errors;
  }
}

/** @param {readonly Entry[]} entries */
const ids = (entries) => entries.map(({id}) => id);

export class HubClient extends EventTarget {
  tab = tabId();
  url;
  #session;
  #socket;
  #attention;
  #profile;
  /** Who looks through the user's eyes, by the token that the hub was told last. @type {unknown} */
  #actor;
  /** What the hub was told of this page's attention. @type {import("./wire.js").AttentionState | null} */
  #reported = null;
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
    this.url = new URL(url, globalThis.location?.href).href.replace(/\/?$/, "/");
    this.#fetch = machine.fetch;
    this.#session = new Session(Boolean(machine.locks));
    this.#profile = new Profile(machine, {
      told: (message) => this.#told(message),
      guarded: (clear) => this.#run(this.#session.guard(clear)),
    });
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
    if (!ids.length) return this.#nothing();
    this.tell("closed", ids);
    return this.#wish(this.#session.dismiss(ids));
  }

  /** Close every open pop-up this tab holds, with one message. */
  dismissAll() {
    return this.dismiss(ids(this.popups));
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
   * Read a page of the inbox over HTTP, newest first; `account`: only what happened there (of a roll-up).
   * @param {{cursor?: string | null, state?: "all" | "unread" | "archived", account?: string | null}} [options]
   * @returns {Promise<Page>}
   */
  async inbox({cursor, state = "all", account} = {}) {
    const query = new URLSearchParams({state, ...(account ? {account} : {}), ...(cursor ? {cursor} : {})});
    const seq = this.#session.seq;
    const page = /** @type {Page} */ (await this.request(`v1/inbox?${query}`));
    if (state !== "archived") {
      this.#session.inbox.merge(page.items, seq, seq === this.#session.seq);
      this.#emit("inbox", {stale: false});
    }
    return page;
  }

  /** Put entries away; their pop-ups close. @param {readonly string[]} ids */
  archive(ids) {
    return this.#move(ids, "archive", "archived");
  }

  /** Bring entries back from the archive. @param {readonly string[]} ids */
  restore(ids) {
    return this.#move(ids, "restore", "restored");
  }

  /**
   * Call the hub's HTTP API as this user.
   * @param {string} path below the hub's origin
   * @param {{method?: string, body?: unknown, key?: string}} [options] `key`: Idempotency-Key, for a POST that may be repeated
   * @returns {Promise<unknown>} the decoded answer
   * @throws {HubError} with the problem's code
   */
  async request(path, {method = "GET", body, key} = {}) {
    let answer = await this.#call(path, method, body, key, false);
    if (answer.status === 401) answer = await this.#call(path, method, body, key, true);
    const content = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new HubError(content?.code ?? `http_${answer.status}`, content?.detail ?? answer.statusText, content?.errors);
    return content;
  }

  /**
   * Tell the person's other tabs in this browser profile; they hear it as `told`. The kinds `closed`, `refused`, `shown`
   * and `left` are this package's own.
   * @param {string} kind
   * @param {unknown} detail what `structuredClone` can copy
   */
  tell(kind, detail) {
    this.#profile.tell(kind, detail);
  }

  /** Leave the hub for good; wishes without an answer are refused with `closed`. */
  close() {
    this.#attention.stop();
    this.#letGo();
    this.#socket.close();
    this.#abandonWishes();
  }

  /**
   * The answer holds here at once, unless frames came meanwhile: then the one that tells all tabs decides.
   * @param {readonly string[]} ids
   * @param {"archive" | "restore"} verb
   * @param {"archived" | "restored"} op
   * @returns {Promise<Acknowledged>}
   */
  async #move(ids, verb, op) {
    if (!ids.length) return this.#nothing();
    const seq = this.#session.seq;
    const answer = /** @type {Acknowledged} */ (await this.request(`v1/inbox/${verb}`, {method: "POST", body: {ids}}));
    if (seq === this.#session.seq) this.#run(this.#session.receive({op, ids: answer.changed, unread: answer.unread}));
    return answer;
  }

  /**
   * @param {string} path
   * @param {string} method
   * @param {unknown} body
   * @param {string | undefined} key
   * @param {boolean} fresh
   */
  async #call(path, method, body, key, fresh) {
    const token = await this.#socket.token({fresh});
    return this.#fetch(new URL(path, this.url).href, {
      method,
      headers: {Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...(key ? {"Idempotency-Key": key} : {})},
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  /** @param {string} token @returns {TabFrame} */
  #hello(token) {
    const {tab} = this;
    this.#actor = claims(token).act?.sub;
    this.#reported = this.#attention.state;
    return {op: "hello", token, tab, state: this.#reported, after: this.#session.after, client: VERSION};
  }

  /** @param {import("./wire.js").HubFrame} frame */
  #received(frame) {
    this.#emit("frame", {sent: false, frame});
    if (frame.op === "welcome") {
      // What one person wished, another who logged in meanwhile did not.
      if (this.user && this.user !== frame.user) this.#abandonWishes();
      // A log-in-as session closes and shows for itself alone, so its tabs are among themselves. Ids have no blank.
      this.#profile.join(`hub:${this.url}:${frame.user} ${this.#actor ?? ""}`);
    }
    this.#run(this.#session.receive(frame));
    // What changed between hello and welcome could not be told then.
    if (frame.op === "welcome" && this.#reported !== this.#attention.state) this.#tell(this.#attention.state);
  }

  /** @param {import("./wire.js").AttentionState} state */
  #attentionChanged(state) {
    this.#tell(state);
    // A lock that was stolen on an old word is taken back where the person is.
    if (state === "focused" && this.elected) this.#profile.claim(true);
    this.#emit("attention", {state});
  }

  /** @param {import("./wire.js").AttentionState} state */
  #tell(state) {
    if (this.#socket.send({op: "state", state})) this.#reported = state;
  }

  #pause() {
    this.#socket.pause();
    this.#letGo();
  }

  /** Another tab shows the pop-ups now. */
  #letGo() {
    this.#run(this.#session.pause());
    this.#profile.leave();
  }

  /** @param {import("./profile.js").Message} message */
  #told({kind, detail}) {
    if (kind === "closed") this.#run(this.#session.close(detail, "dismissed"));
    if (kind === "refused") this.#run(this.#session.reopen(detail));
    // Without a connection this tab cannot have heard yet that the other was elected; the next welcome says who is.
    if (kind === "shown" && this.state !== "connected") this.#run(this.#session.pause());
    this.#emit("told", {kind, detail});
  }

  /** @param {{code: string, message: string}} error */
  #failed(error) {
    this.#emit("error", error);
    if (this.state !== "closed") return;
    this.#letGo();
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
        case "emit": this.#heed(command.type, command.detail); break;
        case "settle": this.#settle(command); break;
        case "reconnect": this.#socket.resync(); break;
      }
    }
  }

  /**
   * What the other tabs of the profile have to know, they are told before anybody here.
   * @param {string} type
   * @param {any} detail
   */
  #heed(type, detail) {
    if (type === "elected") this.#profile.claim(detail.elected);
    if (type === "popups" && detail.added.length) this.tell("shown", ids(detail.added));
    this.#emit(type, detail);
  }

  /** @param {{ref: number, ack?: import("./wire.js").Ack, error?: {code: string, message: string}, ids?: string[]}} outcome */
  #settle({ref, ack, error, ids}) {
    const wish = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    if (ids) this.tell("refused", ids);
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
    this.#session.forget();
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
