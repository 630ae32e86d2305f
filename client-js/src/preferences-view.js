/**
 * What `<hub-preferences>` shows: what its user wants to be told of, and how (C-01 to C-20). Every change is shown and saved
 * at once; what the hub refuses is taken back, what is changed elsewhere follows.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {import("./preferences-rules.js").State} State
 */

import {element} from "./dom.js";
import {controlPanel} from "./preferences-control.js";
import {Desk} from "./preferences-desk.js";
import {PREFERENCES_WORDS} from "./preferences-strings.js";
import {STYLES} from "./preferences-styles.js";
import {bring, words} from "./strings.js";
import {tabList} from "./tabs.js";

await bring("preferences", PREFERENCES_WORDS);

export class PreferencesView {
  #body = element("div");
  #said = element("p", {role: "status"});
  #button = element("button", {class: "action", onclick: () => this.#act()});
  #bar = element("div", {}, this.#said, this.#button);
  #act = () => {};

  /** @param {import("./hub-element.js").HubElement} host */
  constructor(host) {
    host.fill(STYLES, this.#body, this.#bar);
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#body.hidden = true;
    this.#say(client ? words.loading : words.signedOut);
    if (!client) return;
    const desk = new Desk(client, {
      furnish: (state) => signal.aborted || this.#furnish(state, desk),
      say: (...said) => signal.aborted || this.#say(...said),
    });
    client.addEventListener("preferences", (event) => desk.hear(/** @type {CustomEvent} */ (event).detail.preferences), {signal});
    client.addEventListener("connection", () => client.state === "connected" && desk.catchUp(), {signal});
    void desk.read();
  }

  /** Build the tabs for these types, accounts and lines. @param {State} state @param {Desk} desk */
  #furnish(state, desk) {
    const {below} = state;
    const control = element("div", {}, ...controlPanel(state, desk));
    const rollup = element("div", {hidden: true}, element("p", {class: "quiet", text: below?.length ? words.preferencesRollupHint : words.preferencesRollupNone}),
      desk.controls.list(below ?? [], ({accounts}) => accounts, (id, on) => desk.choose("accounts", id, on)));
    const panel = element("div", {}, control, rollup);
    const names = /** @type {[string, string][]} */ ([["", words.preferencesControl], ["rollup", words.preferencesRollup]]);
    this.#body.replaceChildren(tabList(words.preferencesTabs, below ? names : names.slice(0, 1), panel, (key) => {
      control.hidden = key !== "";
      rollup.hidden = key === "";
    }), panel);
    this.#body.hidden = false;
  }

  /** Tell something, and perhaps offer to do something about it. @param {string} text @param {string} [kind] @param {string} [offer] */
  #say(text, kind = "", offer = "", act = () => {}) {
    this.#said.textContent = text;
    this.#button.textContent = offer;
    this.#button.hidden = !offer;
    this.#bar.className = `bar panel ${kind}`;
    this.#act = act;
    for (const fading of this.#bar.getAnimations?.({subtree: true}) ?? []) fading.currentTime = 0;
  }
}
