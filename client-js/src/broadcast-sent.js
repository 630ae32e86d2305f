/** What was sent lately: how far it came, and the way to take it back. Looked at again while something can change. */

import {finished, withdrawn} from "./broadcast-draft.js";
import {ago, element} from "./dom.js";
import {words} from "./strings.js";

/**
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {import("./broadcast-draft.js").Broadcast} Broadcast
 * @typedef {(work: () => Promise<unknown>) => Promise<void>} Attempt
 */

/** So many are shown, out of the newest so many that the hub lists. */
const SHOWN = 5;
const LISTED = 50;
/** Looked at again after `SOON` ms in the first `FRESH` ms, then after `LATER`. */
const SOON = 2_000;
const LATER = 15_000;
const FRESH = 120_000;
const COUNTS = /** @type {const} */ (["delivered", "shown", "dismissed", "emailed"]);

export class Sent {
  #list = element("ul");
  /** Newest first, by id. @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {HubClient | null} */
  #client = null;
  #since = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempt;

  node = element("section", {class: "sent", "aria-labelledby": "sent"}, element("h3", {id: "sent", text: words.broadcastSent}), this.#list);

  /** @param {Attempt} attempt does something and says what went wrong */
  constructor(attempt) {
    this.#attempt = attempt;
    this.node.hidden = true;
  }

  /** Show what this person sent, and follow it until `stop`. @param {HubClient} client */
  async start(client) {
    clearTimeout(this.#timer);
    this.#client = client;
    const {items} = /** @type {{items: Broadcast[]}} */ (await client.request(`v1/broadcasts?limit=${LISTED}`));
    if (this.#client !== client) return;
    const own = items.filter(({by}) => by === client.user).slice(0, SHOWN);
    this.#rows = new Map(own.map(({id}) => [id, this.#rows.get(id) ?? new Row(() => this.#takeBack(id))]));
    for (const broadcast of own) this.#rows.get(broadcast.id)?.draw(broadcast);
    this.#list.replaceChildren(...[...this.#rows.values()].map(({node}) => node));
    this.node.hidden = !own.length;
    this.#since = Date.now();
    this.#wait();
  }

  /** Follow nothing any more; `forget`: and show nothing. */
  stop(forget = false) {
    this.#client = null;
    clearTimeout(this.#timer);
    if (!forget) return;
    this.#rows.clear();
    this.node.hidden = true;
  }

  #wait() {
    this.#timer = setTimeout(() => void this.#look(), Date.now() - this.#since < FRESH ? SOON : LATER);
  }

  async #look() {
    const client = this.#client;
    const open = [...this.#rows].filter(([, row]) => !row.finished);
    if (!document.hidden) await Promise.all(open.map(([id]) => this.#ask(id)));
    if (open.length && client && this.#client === client) this.#wait();
  }

  /** @param {string} id */
  async #ask(id) {
    const found = await this.#client?.request(`v1/broadcasts/${encodeURIComponent(id)}`).catch(() => null); // next time, then
    if (found) this.#rows.get(id)?.draw(/** @type {Broadcast} */ (found));
  }

  /** @param {string} id */
  #takeBack(id) {
    return this.#attempt(async () => {
      await this.#client?.request(`v1/broadcasts/${encodeURIComponent(id)}`, {method: "DELETE"});
      await this.#ask(id);
    });
  }
}

class Row {
  finished = false;
  #title = element("p", {class: "text"});
  #body = element("p", {class: "body quiet"});
  #meta = element("p", {class: "quiet"});
  #counts = element("dl");
  #sure = false;
  #back = element("button", {class: "action", onblur: () => this.#ask(false)});
  node = element("li", {tabindex: -1}, this.#title, this.#back, this.#body, this.#meta, this.#counts);

  /** @param {() => Promise<void>} takeBack */
  constructor(takeBack) {
    this.#ask(false);
    // The second click of a double click is no answer to the question that the first one made.
    this.#back.addEventListener("click", ({detail}) => {
      if (!this.#sure) this.#ask(true);
      else if (detail < 2) void takeBack();
    });
  }

  /** @param {Broadcast} broadcast */
  draw(broadcast) {
    const {title, body, at, status, recipients} = broadcast;
    this.finished = finished(broadcast);
    this.#title.textContent = title;
    this.#body.textContent = body;
    this.#meta.textContent = [ago(at, Date.now()), words.broadcastState(status)].filter(Boolean).join(" · ");
    this.#counts.replaceChildren(...COUNTS.map((name) => element("div", {},
      element("dt", {class: "quiet", text: words.broadcastCounts[name]}),
      element("dd", {text: words.broadcastOf(broadcast[name], recipients)}))));
    if (withdrawn(broadcast) && this.#back.matches(":focus")) this.node.focus(); // the button goes, and the focus with it
    this.#back.hidden = withdrawn(broadcast);
  }

  /** @param {boolean} sure */
  #ask(sure) {
    this.#sure = sure;
    this.#back.textContent = sure ? words.broadcastSure : words.broadcastRecall;
  }
}
