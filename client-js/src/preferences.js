/**
 * `<hub-preferences>`: what its user wants to be told of, and how. What it shows is in preferences-view.js, which is
 * fetched when the first one comes on a page.
 *
 *   url, client, getToken   see hub-element.js
 *   data-theme              light or dark; default: as the system says
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {HubElement} from "./hub-element.js";
import {Part} from "./part.js";

export class HubPreferences extends HubElement {
  #part = new Part(this, () => import("./preferences-view.js"));
  /** @type {import("./preferences-view.js").PreferencesView | null} */
  #view = null;

  constructor() {
    super();
    this.build();
  }

  build() {
    const {module, node} = this.#part;
    if (module) this.#view = new module.PreferencesView(this);
    else this.fill("", node);
    this.#part.draw();
  }

  placed() {
    void this.#part.want();
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#view?.follow(client, signal);
  }
}
