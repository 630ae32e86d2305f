/**
 * What the tabs of one user in one browser profile do among themselves, beside what the hub tells each: a channel on which
 * they tell what was closed or shown, before the hub's frames come, and a lock that only one of them holds.
 *
 * The hub elects, and its word wins; the lock only keeps two tabs from showing the same pop-ups while the word is on its
 * way to one of them. So an elected tab asks for the lock, and
 *
 *   it is free     it shows
 *   it is taken    it steals it and shows. The other has lost the election and does not know yet, or is frozen and would
 *                  keep the lock until it wakes: waiting for it could be for ever, with nothing on any screen
 *   it is stolen   it takes its pop-ups off the screen and waits in line, for if the other stole on an old word, a newer
 *                  one makes that let go. It does not steal back, or two tabs might steal from each other without end
 *
 * Asking first, and stealing only after the answer, lets the frames that wait in the queue of a page that just woke be
 * handled in between: one that says `elected: false` ends the asking before anything is stolen.
 *
 * Where a page has no locks (http) or no channel the hub's word alone counts: nothing is put in their place.
 *
 * @typedef {{kind: string, detail: any}} Message
 *
 * @typedef {object} Owner
 * @property {(message: Message) => void} told by another tab of the profile
 * @property {(clear: boolean) => void} guarded whether this tab has the lock, as often as that changes
 *
 * @typedef {{locks?: Pick<LockManager, "request"> | null, BroadcastChannel?: typeof BroadcastChannel | null}} Browser
 */

export class Profile {
  #browser;
  #owner;
  #name = "";
  /** @type {BroadcastChannel | null} */
  #channel = null;
  #turn = new AbortController();
  #held = false;

  /**
   * @param {Browser} browser
   * @param {Owner} owner
   */
  constructor(browser, owner) {
    this.#browser = browser;
    this.#owner = owner;
  }

  /** Meet the tabs that give the same name. @param {string} name */
  join(name) {
    if (this.#channel && name === this.#name) return;
    this.leave();
    this.#name = name;
    const {BroadcastChannel} = this.#browser;
    if (!BroadcastChannel) return;
    try {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = ({data}) => this.#owner.told(data);
    } catch {
      // Refused where the person lets the page keep nothing.
    }
  }

  /** Leave them, so that the browser can keep this page for a return. */
  leave() {
    this.claim(false);
    this.#channel?.close();
    this.#channel = null;
  }

  /** Tell the others. @param {string} kind @param {unknown} detail */
  tell(kind, detail) {
    this.#channel?.postMessage({kind, detail});
  }

  /** Take the lock, from whichever tab has it, or let it go. @param {boolean} wanted */
  claim(wanted) {
    if (wanted && this.#held) return;
    this.#turn.abort();
    this.#held = false;
    this.#turn = new AbortController();
    if (wanted && this.#browser.locks) void this.#take(this.#browser.locks, this.#turn.signal);
  }

  /**
   * @param {Pick<LockManager, "request">} locks
   * @param {AbortSignal} signal aborted: let go
   * @returns {Promise<void>}
   */
  async #take(locks, signal) {
    /** @type {LockOptions} */
    let how = {ifAvailable: true};
    while (!signal.aborted) {
      let had = false;
      try {
        await locks.request(`${this.#name} pop-ups`, how, (lock) => {
          if (!lock || signal.aborted) return undefined;
          had = true;
          this.#guarded(true);
          return new Promise((release) => signal.addEventListener("abort", release));
        });
      } catch (error) {
        if (signal.aborted) return;
        // Refused for another reason than that it was stolen: this page has no locks.
        if (/** @type {Error} */ (error).name !== "AbortError") return this.#guarded(true);
      }
      if (had && !signal.aborted) this.#guarded(false);
      how = had ? {signal} : {steal: true};
    }
  }

  /** @param {boolean} clear */
  #guarded(clear) {
    this.#held = clear;
    this.#owner.guarded(clear);
  }
}
