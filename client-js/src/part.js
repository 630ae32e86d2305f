/** A part of an element that is fetched when it is first needed, and says so meanwhile: nobody waits for what is not used. */

import {element} from "./dom.js";
import {words} from "./strings.js";

/** @template M what the part's module exports */
export class Part {
  /** @type {M | null} */
  module = null;
  #host;
  #load;
  #isAsked = false;
  #hasFailed = false;
  /** @type {"loading" | "unavailable" | "offline"} */
  #state = "loading";
  #said = element("span", {role: "status"});
  #again = element("button", {class: "action", onclick: () => this.want()});

  /** Stands where the part will be. */
  node = element("p", {class: "notice quiet"}, this.#said, this.#again);

  /**
   * @param {import("./hub-element.js").HubElement} host is renewed when it has come
   * @param {() => Promise<M>} load
   */
  constructor(host, load) {
    this.#host = host;
    this.#load = load;
  }

  /**
   * Fetch it, once; again if that failed. Not while the hub is out of reach: browsers from before the end of 2026 remember a
   * failure until the page is reloaded.
   */
  async want() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const {client} = this.#host;
    while (client?.state === "reconnecting") {
      this.#is("offline");
      await new Promise((heard) => client.addEventListener("connection", heard, {once: true}));
    }
    this.#is("loading");
    this.module = await this.#load().catch(() => null);
    this.#isAsked = this.module !== null;
    if (this.module) return this.#host.renew();
    this.#hasFailed = true;
    this.#is("unavailable");
  }

  /** Say how it stands. */
  draw() {
    this.#said.textContent = words[this.#state];
    this.#again.textContent = words.retry;
    // Not hidden while it is tried again: the focus would be lost.
    this.#again.hidden = !this.#hasFailed;
  }

  /** @param {"loading" | "unavailable" | "offline"} state */
  #is(state) {
    this.#state = state;
    this.draw();
  }
}
