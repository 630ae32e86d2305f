/** A clock, sockets and a page that a test plays by hand. Nothing here waits. */

/** Timers that fire when the test moves the clock. */
export class Clock {
  time = 1_800_000_000_000;
  #next = 1;
  #timers = new Map();

  now = () => this.time;
  setTimeout = (act, delay) => {
    this.#timers.set(this.#next, {at: this.time + delay, act});
    return this.#next++;
  };
  clearTimeout = (id) => this.#timers.delete(id);

  /** Time goes by without the page: the computer sleeps, or the page is suspended. Timers are late. */
  stand(duration) {
    this.time += duration;
  }

  pass(duration) {
    const end = this.time + duration;
    for (;;) {
      const due = [...this.#timers].filter(([, {at}]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].act();
    }
    this.time = end;
  }
}

/** Makes a WebSocket class whose instances the test answers. */
export function sockets() {
  const made = [];
  class FakeSocket {
    sent = [];
    readyState = 0;
    closed = null;
    constructor(url, protocols) {
      Object.assign(this, {url, protocols});
      made.push(this);
    }
    send(data) { this.sent.push(JSON.parse(data)); }
    close(code) { Object.assign(this, {closed: code, readyState: 3}); }
    open() { this.readyState = 1; this.onopen?.(); }
    hear(frame) { this.onmessage?.({data: JSON.stringify(frame)}); }
    lose(code, reason = "") { this.readyState = 3; this.onclose?.({code, reason}); }
  }
  return {made, FakeSocket, get last() { return made.at(-1); }};
}

/** A page whose properties and events the test sets. */
export class FakePage {
  constructor(visibilityState = "visible", focus = true) {
    this.window = new EventTarget();
    this.document = Object.assign(new EventTarget(), {visibilityState, hasFocus: () => this.focus});
    this.focus = focus;
  }

  /** Fire an event, the properties being what they are at that moment. */
  fire(type, visibilityState = this.document.visibilityState, focus = this.focus) {
    this.document.visibilityState = visibilityState;
    this.focus = focus;
    const target = ["visibilitychange", "freeze", "resume"].includes(type) ? this.document : this.window;
    target.dispatchEvent(new Event(type));
  }
}

export const settled = () => new Promise((resolve) => setImmediate(resolve));

export function entry(id, more = {}) {
  return {
    id, event: null, type: "voicemails", title: `Title ${id}`, body: `Body ${id}`, account: "acme",
    at: `2027-03-14T12:00:0${id.at(-1)}Z`, state: "unread", sticky: false, important: false, sample: false, ...more,
  };
}

export function welcome(more = {}) {
  return {
    op: "welcome", user: "ann", roles: ["agent"], tab: "a1", epoch: "k3f", seq: 0, recovered: false, elected: true,
    unread: 0, popups: [], inbox: [], heartbeat: 25, expires_at: "2030-01-01T00:00:00Z", ...more,
  };
}

/** An unsigned token that ends at `at` (ms). */
export function token(at, name = "t", more = {}) {
  const part = (value) => btoa(JSON.stringify(value)).replaceAll("=", "");
  return `${part({alg: "none"})}.${part({sub: "ann", exp: at / 1000, ...more})}.${name}`;
}
