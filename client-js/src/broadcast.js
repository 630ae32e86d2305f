/**
 * `<hub-broadcast>`: a button with which managers and admins tell whole groups something; for others it is not there. Its
 * dialog is in broadcast-dialog.js, which is fetched when somebody reaches for the button.
 *
 *   url, client, getToken   see hub-element.js
 *   data-theme              light or dark; default: as the system says
 *   open                    is set while the dialog is open
 *
 * Event: `hub-sent` {id, recipients}.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {element, icon} from "./dom.js";
import {HubElement} from "./hub-element.js";
import {Part} from "./part.js";
import {words} from "./strings.js";

const LOOK = ":host{display:contents}";
const SENDERS = ["manager", "admin"];
const PLUS = "M12 5v14M5 12h14";

export class HubBroadcast extends HubElement {
  #button = element("button", {
    class: "primary", part: "create", "aria-haspopup": "dialog", hidden: true,
    onclick: () => this.open(), onpointerenter: () => this.#part.want(), onfocus: () => this.#part.want(),
  });
  #part = new Part(this, () => import("./broadcast-dialog.js"));
  /** @type {import("./broadcast-dialog.js").BroadcastDialog | null} */
  #dialog = null;
  /** Whether it was to be opened before it had come. */
  #isAwaited = false;
  /** Whose draft the dialog holds. @type {string | null} */
  #owner = null;

  constructor() {
    super();
    this.fill(LOOK, this.#button);
    this.build();
  }

  build() {
    const {module, node} = this.#part;
    const draft = this.#dialog?.draft;
    this.#dialog?.node.close();
    this.#dialog = module && new module.BroadcastDialog(this, draft);
    this.dress(LOOK, module?.STYLES ?? "");
    this.#button.replaceChildren(icon(PLUS), words.broadcastCreate);
    this.#button.nextSibling?.remove();
    this.#button.after(this.#dialog?.node ?? node);
    this.#part.draw();
    node.hidden = !this.#isAwaited;
  }

  renew() {
    super.renew();
    if (this.#isAwaited) this.open();
  }

  open() {
    if (this.#button.hidden) return;
    this.#isAwaited = !this.#dialog;
    this.#part.node.hidden = !this.#isAwaited;
    if (this.#dialog) this.#dialog.open();
    else void this.#part.want();
  }

  close() {
    this.#isAwaited = false;
    this.#part.node.hidden = true;
    this.#dialog?.node.close();
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#admit();
    for (const name of ["inbox", "preferences"]) client?.addEventListener(name, () => this.#admit(), {signal});
  }

  /** Be there for who may send, and hold nobody's draft for another. The hub decides all the same. */
  #admit() {
    const user = this.client?.user;
    if (user && user !== this.#owner) {
      this.#owner = user;
      this.#dialog?.clear();
    }
    this.#button.hidden = !SENDERS.some((role) => this.client?.roles.includes(role));
    if (this.#button.hidden) this.close();
  }
}
