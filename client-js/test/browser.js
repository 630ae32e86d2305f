/** What the tabs of one browser profile share, played by hand: locks and channels. Nothing here waits. */

/** `navigator.locks` of one profile: `request` as the standard has it for one name, exclusive. */
export class FakeLocks {
  holder = null;
  queue = [];
  asked = [];

  request = async (name, options, callback) => {
    this.asked.push([name, Object.keys(options)[0]]);
    await null; // as in a browser, the answer is never at once
    if (options.ifAvailable && this.holder) return callback(null);
    if (options.steal) this.holder?.robbed();
    return new Promise((resolve, reject) => {
      const request = {callback, resolve, reject, signal: options.signal};
      options.signal?.addEventListener("abort", () => {
        if (!this.queue.includes(request)) return;
        this.queue = this.queue.filter((other) => other !== request);
        reject(new DOMException("", "AbortError"));
      });
      if (this.holder) this.queue.push(request);
      else this.#grant(request);
    });
  };

  #grant(request) {
    const holder = {robbed: () => {
      this.holder = null;
      request.reject(new DOMException("", "AbortError"));
    }};
    this.holder = holder;
    Promise.resolve(request.callback({})).then(() => {
      request.resolve();
      if (this.holder !== holder) return;
      this.holder = null;
      if (this.queue.length) this.#grant(this.queue.shift());
    });
  }
}

/** The `BroadcastChannel` of one profile: everybody else with the name hears it, at once. */
export function channels() {
  const open = new Set();
  class FakeChannel {
    constructor(name) {
      this.name = name;
      open.add(this);
    }
    postMessage(data) {
      if (!open.has(this)) throw new DOMException("", "InvalidStateError");
      const copy = structuredClone(data);
      for (const other of open) if (other !== this && other.name === this.name) other.onmessage?.({data: copy});
    }
    close() { open.delete(this); }
  }
  return {open, FakeChannel};
}
