/**
 * One tab's WebSocket and its life: hello, pong, fresh tokens, and coming back after a close as its code asks
 * (protocol.md 7). It knows nothing of notifications; frames go up to the owner, who tells what to send.
 *
 *   idle -> connecting -> connected -> reconnecting -> connected ...
 *   any  -> paused   the page went away; resumes at its return
 *   any  -> closed   for good: by the owner, or by a close code that says so
 *
 * Nothing that must happen in a hidden tab hangs on a timer: pong, token and election are driven by incoming messages,
 * and a return to the page does not wait for the backoff.
 *
 * @typedef {import("./wire.js").TabFrame} TabFrame
 * @typedef {import("./wire.js").HubFrame} HubFrame
 * @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "paused" | "closed"} ConnectionState
 *
 * @typedef {object} Owner
 * @property {(token: string) => TabFrame} hello
 * @property {() => TabFrame} probe a message that the hub answers and that changes nothing
 * @property {(frame: HubFrame) => void} received
 * @property {(frame: TabFrame) => void} sent
 * @property {(state: ConnectionState) => void} connectionChanged
 * @property {(error: {code: string, message: string}) => void} failed
 *
 * @typedef {object} Machine clock, chance and socket of the browser, or of a test
 * @property {typeof WebSocket} WebSocket
 * @property {typeof setTimeout} setTimeout
 * @property {typeof clearTimeout} clearTimeout
 * @property {() => number} now ms since 1970; must go on while the computer sleeps
 * @property {() => number} random
 */

import {backoff, between} from "./backoff.js";
import {CLOSE_CODES, SUBPROTOCOL, decode, encode, expiry, policy} from "./wire.js";

/** An attempt without a welcome by then is given up, ms. */
const WELCOME = 15_000;
/** Silence beyond the hub's heartbeat that means the connection is dead, ms. */
const SLACK = 10_000;
/** On return to the page: silence that makes a probe worth it, and how long its answer may take, ms. */
const DOUBT = 10_000;
const ANSWER = 3_000;
/** A connection that lived this long starts the backoff anew, ms. */
const PROVEN = 10_000;
/** Ask for the next token this long before the present one runs out, at most so often, ms. */
const MARGIN = 90_000;
const REFRESH = 30_000;
/** After a refused token: when to come once more with another, ms; a hub with a new secret refuses all tabs at once. */
const RENEWAL = /** @type {[number, number]} */ ([500, 5_000]);

const LEFT = 1000;
const RESYNC = 4003;

export class Socket {
  /** @type {ConnectionState} */
  state = "idle";
  #url;
  #getToken;
  #owner;
  #machine;
  /** @type {WebSocket | null} */
  #socket = null;
  #turn = 0;
  #attempt = 0;
  #heartbeat = 25_000;
  #heard = 0;
  /** When the present connection was welcomed. @type {number | null} */
  #welcomed = null;
  /** Whether there was a welcome ever. */
  #known = false;
  /** Whether the hub refused a token since a connection proved itself. */
  #refused = false;
  /** @type {import("./wire.js").Bye | null} */
  #bye = null;
  /** @type {string | null} */
  #token = null;
  /** @type {number | null} */
  #expires = null;
  #asked = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} url the hub's http(s) address, with a slash at its end
   * @param {(() => string | Promise<string>) | string} token how to get one, or a single one for the whole life
   * @param {Owner} owner
   * @param {Machine} machine
   */
  constructor(url, token, owner, machine) {
    const target = new URL("v1/ws", url);
    target.protocol = target.protocol.replace("http", "ws");
    this.#url = target.href;
    this.#getToken = typeof token === "function" ? token : null;
    this.#token = typeof token === "function" ? null : trimmed(token);
    this.#owner = owner;
    this.#machine = machine;
  }

  /** Connect now, whatever was waited for. */
  async open() {
    if (this.state === "closed") return;
    const turn = this.#abandon(LEFT);
    this.#become(this.#known ? "reconnecting" : "connecting");
    this.#bye = null;
    this.#after(WELCOME, () => this.#lost(1006));
    let token;
    try {
      token = await this.token();
    } catch (error) {
      if (turn === this.#turn) this.#tokenFailed(error);
      return;
    }
    if (turn === this.#turn) this.#dial(token);
  }

  /** The page goes away: leave now, come back by `returned`. */
  pause() {
    if (this.state === "closed" || this.state === "idle") return;
    this.#abandon(LEFT);
    this.#become("paused");
  }

  /** The page or the network is back: make sure that the connection is alive, without waiting. */
  returned() {
    if (this.state === "paused" || (this.state === "reconnecting" && !this.#socket && !this.#bye)) void this.open();
    else if (this.state === "connected" && this.#machine.now() - this.#heard > DOUBT) this.#probe();
  }

  /** Leave for good. */
  close() {
    this.#abandon(LEFT);
    this.#become("closed");
  }

  /** Drop the connection and come back for what was missed. */
  resync() {
    this.#abandon(RESYNC);
    this.#wait();
  }

  /**
   * @param {TabFrame} frame
   * @returns {boolean} false when there is no connection to send it on
   */
  send(frame) {
    return this.state === "connected" && this.#write(frame);
  }

  /**
   * Give a token that is good for now, asking for a new one where needed; white space around it is of no account.
   * @param {{fresh?: boolean}} [options]
   * @returns {Promise<string>}
   */
  async token({fresh = false} = {}) {
    const old = fresh || !this.#token || (this.#expires !== null && this.#expires <= this.#machine.now());
    if (old && this.#getToken) {
      this.#asked = this.#machine.now();
      const token = trimmed(await this.#getToken());
      this.#token = token;
      this.#expires = expiry(token);
    }
    if (!this.#token) throw new Error("there is no token");
    return this.#token;
  }

  /** @param {string} token */
  #dial(token) {
    const socket = new this.#machine.WebSocket(this.#url, [SUBPROTOCOL]);
    this.#socket = socket;
    socket.onopen = () => this.#write(this.#owner.hello(token));
    socket.onmessage = ({data}) => this.#message(data);
    socket.onclose = ({code, reason}) => this.#lost(code, reason);
  }

  /** Not into a socket that the browser has ended: the event that says so may come later. @param {TabFrame} frame */
  #write(frame) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(encode(frame));
    this.#owner.sent(frame);
    return true;
  }

  /** @param {unknown} data */
  #message(data) {
    this.#heard = this.#machine.now();
    const frame = decode(data);
    if (!frame) return;
    if (frame.op === "welcome") this.#welcome(frame);
    if (frame.op === "bye") this.#bye = frame;
    if (frame.op === "ping") this.#write({op: "pong"});
    this.#owner.received(frame);
    if (frame.op === "ping" || frame.op === "welcome") void this.#refresh();
  }

  /** @param {import("./wire.js").Welcome} frame */
  #welcome(frame) {
    this.#bye = null;
    this.#known = true;
    this.#welcomed = this.#machine.now();
    this.#heartbeat = frame.heartbeat * 1000;
    this.#expires ??= Date.parse(frame.expires_at);
    this.#become("connected");
    this.#watch(this.#heartbeat + SLACK);
  }

  /** Notice a connection that died without a close. @param {number} delay */
  #watch(delay) {
    this.#after(delay, () => {
      const rest = this.#heard + this.#heartbeat + SLACK - this.#machine.now();
      if (rest > 0) this.#watch(rest);
      else void this.open();
    });
  }

  #probe() {
    const asked = this.#machine.now();
    this.#write(this.#owner.probe());
    this.#after(ANSWER, () => (this.#heard < asked ? void this.open() : this.#watch(this.#heartbeat)));
  }

  async #refresh() {
    const now = this.#machine.now();
    if (!this.#getToken || this.#expires === null) return;
    if (this.#expires - now > MARGIN || now - this.#asked < REFRESH) return;
    const turn = this.#turn;
    try {
      const token = await this.token({fresh: true});
      if (turn === this.#turn) this.send({op: "token", token});
    } catch (error) {
      this.#owner.failed({code: "no_token", message: String(error)});
    }
  }

  /** @param {unknown} error */
  #tokenFailed(error) {
    const failure = {code: "no_token", message: String(error)};
    if (!this.#getToken) return this.#giveUp(failure);
    if (this.#attempt === 0) console.warn(`hub: getToken failed and is asked again: ${error}`);
    this.#owner.failed(failure);
    this.#wait();
  }

  /** @param {number} code @param {string} [reason] */
  #lost(code, reason) {
    this.#abandon(LEFT);
    const wish = policy(code);
    const renews = wish === "renew" && !this.#refused && this.#getToken;
    if (renews) this.#bye = {op: "bye", code, reconnect: true, delay_ms: RENEWAL};
    const stays = wish === "stop" || (wish === "refresh" && !this.#getToken) || (wish === "renew" && !renews);
    if (stays || this.#bye?.reconnect === false) {
      const name = CLOSE_CODES[code] ?? "connection_lost";
      return this.#giveUp({code: name, message: `the hub closed this tab: ${reason || name} (${code})`});
    }
    this.#refused ||= wish === "renew";
    if (wish !== "reconnect") this.#token = null;
    this.#wait();
  }

  /** @param {{code: string, message: string}} failure */
  #giveUp(failure) {
    this.close();
    console.error(`hub: ${failure.code}: ${failure.message}`);
    this.#owner.failed(failure);
  }

  #wait() {
    const {random} = this.#machine;
    const delay = this.#bye?.delay_ms ? between(this.#bye.delay_ms, random()) : backoff(this.#attempt, random());
    this.#attempt += 1;
    this.#become("reconnecting");
    this.#after(delay, () => void this.open());
  }

  /** Forget the present socket and whatever was waited for. @param {number} code @returns {number} */
  #abandon(code) {
    this.#machine.clearTimeout(this.#timer);
    this.#weigh();
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (socket.readyState < 2) socket.close(code);
    }
    return ++this.#turn;
  }

  /** Start the backoff anew after a connection that proved itself, and after no other. */
  #weigh() {
    if (this.#welcomed !== null && this.#machine.now() - this.#welcomed > PROVEN) {
      this.#attempt = 0;
      this.#refused = false;
    }
    this.#welcomed = null;
  }

  /** @param {number} delay @param {() => void} act */
  #after(delay, act) {
    this.#machine.clearTimeout(this.#timer);
    this.#timer = this.#machine.setTimeout(act, delay);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#owner.connectionChanged(state);
  }
}

/** @param {unknown} token what a page gave, often the body of an answer with a line end @returns {string} */
function trimmed(token) {
  return String(token ?? "").trim();
}
