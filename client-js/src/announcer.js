/**
 * Speaks to screen readers through two live regions that stay in the light DOM, empty, from the start: a region that is
 * inserted together with its text stays mute. Bursts are told as a number.
 *
 * @typedef {import("./wire.js").Entry} Entry
 */

import {element} from "./dom.js";
import {words} from "./strings.js";

/** Gather what comes together, ms; also the time a region must exist before its text changes. */
const GATHER = 150;
/** Leave the text long enough to be picked up, then empty the region, ms. */
const STAY = 1_500;
/** More than this at once are told as a number. */
const SPOKEN = 3;

export class Announcer {
  #polite = element("div", {role: "status", "aria-live": "polite", "aria-atomic": "true"});
  #urgent = element("div", {role: "alert", "aria-live": "assertive", "aria-atomic": "true"});
  /** @type {Entry[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} host */
  attach(host) {
    if (this.#polite.parentNode !== host) host.append(this.#polite, this.#urgent);
  }

  /** @param {readonly Entry[]} entries */
  say(entries) {
    if (entries.length === 0) return;
    this.#waiting.push(...entries);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), GATHER);
  }

  #speak() {
    const entries = this.#waiting.splice(0);
    this.#polite.textContent = sentence(entries.filter((entry) => !entry.important));
    this.#urgent.textContent = sentence(entries.filter((entry) => entry.important));
    this.#timer = setTimeout(() => {
      this.#polite.textContent = this.#urgent.textContent = "";
    }, STAY);
  }
}

/** @param {readonly Entry[]} entries */
function sentence(entries) {
  if (entries.length > SPOKEN) return words.popupsNew(entries.length);
  return entries.map(({title, body}) => (body ? `${title}: ${body}` : title)).join("; ");
}
