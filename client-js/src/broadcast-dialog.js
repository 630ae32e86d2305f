/**
 * The dialog of `<hub-broadcast>`: a message is written, looked at with the number of people who would get it, and only
 * then sent. It is fetched when somebody reaches for the button. What is written stays until it is sent: over an error, a closed dialog, another language.
 *
 * @typedef {import("./broadcast-draft.js").Draft} Draft
 * @typedef {import("./broadcast-form.js").Group} Group
 * @typedef {{id: string, recipients: number}} Answer
 */

import {EMPTY, faults, request} from "./broadcast-draft.js";
import {Fields} from "./broadcast-form.js";
import {Sent} from "./broadcast-sent.js";
import {BROADCAST_WORDS} from "./broadcast-strings.js";
import {STYLES} from "./broadcast-styles.js";
import {element, icon} from "./dom.js";
import {rich} from "./html.js";
import {HubError} from "./hub.js";
import {CROSS} from "./icons.js";
import {bring, locale, words} from "./strings.js";

export {STYLES};

await bring("broadcast", BROADCAST_WORDS);

export class BroadcastDialog {
  #host;
  #fields = new Fields(() => void this.#count());
  #sent = new Sent((work) => {
    this.#say("");
    return this.#attempt(work);
  });
  #preview = element("div", {id: "preview", class: "preview"});
  #status = element("p", {role: "status", class: "quiet"});
  #send = element("button", {type: "submit", class: "primary", text: words.broadcastSend});
  #back = button("action", "", () => this.#busy || this.#go("write"));
  // The second click of a double click that began on another button confirms nothing.
  #confirm = button("primary", "", ({detail}) => detail < 2 && this.#attempt(() => this.#deliver()), {"aria-describedby": "preview"});
  #form = element("form", {novalidate: true, onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void this.#attempt(() => this.#ask());
  }},
  element("div", {class: "scroll"}, this.#fields.node, this.#preview, this.#sent.node),
  element("div", {class: "foot"}, this.#send, this.#confirm, this.#back, this.#status));

  // The pop-ups come into the dialog through the slot: outside of it they would be seen and not be had.
  /** @type {HTMLDialogElement} */
  node = element("dialog", {class: "panel", part: "dialog", "aria-labelledby": "heading", onclose: () => this.#closed()},
    element("div", {class: "head"}, element("h2", {id: "heading", text: words.broadcastCreate}),
      button("icon", "", () => this.node.close(), {"aria-label": words.broadcastClose, title: words.broadcastClose}, icon(CROSS))),
    this.#form, element("slot"));

  /**
   * What is about to be sent, under the key that makes it one however often it is tried.
   * @type {{said: string, key: string, body: unknown} | null}
   */
  #wish = null;
  #busy = false;
  #isLoaded = false;
  #asked = 0;

  /**
   * @param {import("./hub-element.js").HubElement} host
   * @param {Draft} [draft] written before
   */
  constructor(host, draft) {
    this.#host = host;
    if (draft) this.#fields.draft = draft;
    this.#go("write");
    // A key that is held down sends nothing.
    this.#confirm.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
  }

  get draft() { return this.#fields.draft; }

  open() {
    if (this.node.open) return;
    this.node.showModal();
    this.#host.toggleAttribute("open", true);
    this.#go("write");
    void this.#load().then(() => this.#count(), (error) => this.#failed(error));
    this.#follow();
  }

  /** Forget what was written and sent. */
  clear() {
    this.#wish = null;
    this.#fields.draft = EMPTY;
    this.#sent.stop(true);
    this.node.close();
  }

  #closed() {
    this.#host.toggleAttribute("open", false);
    this.#sent.stop();
  }

  /** @param {"write" | "confirm" | "sent"} step */
  #go(step) {
    this.#fields.node.hidden = this.#send.hidden = step !== "write";
    this.#preview.hidden = this.#confirm.hidden = step !== "confirm";
    this.#back.hidden = step === "write";
    this.#back.textContent = step === "sent" ? words.broadcastAnother : words.broadcastBack;
    if (step === "write") this.#fields.focus();
    else (step === "sent" ? this.#back : this.#confirm).focus();
  }

  /** @param {string} text */
  #say(text, isWrong = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("wrong", isWrong);
  }

  /** Do one thing at a time, and say what went wrong. @param {() => Promise<unknown>} work */
  async #attempt(work) {
    if (this.#busy) return;
    this.#busy = true;
    this.#form.setAttribute("aria-busy", "true");
    await work().catch((error) => this.#failed(error));
    this.#form.setAttribute("aria-busy", "false");
    this.#busy = false;
  }

  /** @param {unknown} error */
  #failed(error) {
    const {errors, message} = error instanceof HubError ? error : {errors: [], message: words.broadcastUnreachable};
    if (errors.length) {
      this.#wish = null;
      this.#go("write");
    }
    this.#say(this.#fields.blame(errors) ? "" : message, true);
  }

  /** @param {string} path @param {object} [options] @returns {Promise<any>} */
  #call(path, options) {
    return /** @type {import("./hub.js").HubClient} */ (this.#host.client).request(path, options);
  }

  async #load() {
    /** @type {Group[]} */
    const groups = [];
    for (let cursor = ""; cursor !== null;) {
      const page = await this.#call(`v1/groups?limit=200&cursor=${cursor}`);
      groups.push(...page.items);
      cursor = page.next_cursor;
    }
    this.#fields.offer(groups);
    this.#isLoaded = true;
  }

  #follow() {
    // What was sent before is only a help: without it there is nothing to see there.
    if (this.#host.client) this.#sent.start(this.#host.client).catch(() => undefined);
  }

  /** Say how many people the chosen groups are, unless others are chosen by then. */
  async #count() {
    const asked = ++this.#asked;
    const {groups} = this.draft;
    try {
      const text = groups.length ? words.broadcastWould(await this.#reach(groups)) : words.broadcastChoose;
      if (asked === this.#asked) this.#say(text);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {string[]} groups @returns {Promise<number>} */
  async #reach(groups) {
    return (await this.#call(`v1/broadcasts/preview?groups=${groups.map(encodeURIComponent).join()}`)).recipients;
  }

  /** Show what would be sent, and to how many. */
  async #ask() {
    if (!this.#isLoaded) await this.#load();
    const {draft} = this;
    const wrong = faults(draft);
    if (this.#fields.blame(wrong)) return;
    const recipients = await this.#reach(draft.groups);
    if (!recipients) return this.#say(words.broadcastNobody, true);
    const said = JSON.stringify(draft);
    const body = request(draft, new Date());
    if (said !== this.#wish?.said) this.#wish = {said, key: `${this.#host.client?.tab}-${Date.now()}`, body};
    this.#show(draft.message, body);
    this.#confirm.textContent = words.broadcastSendTo(recipients);
    this.#say("");
    this.#go("confirm");
  }

  /** @param {string} message @param {import("./broadcast-draft.js").Body} body */
  #show(message, {title, url, expires_at: until}) {
    const when = until && new Date(until).toLocaleString(locale(), {dateStyle: "medium", timeStyle: "short"});
    const lines = [words.broadcastTo(this.#fields.names), url, when && words.broadcastTaken(when)];
    this.#preview.replaceChildren(element("h3", {class: "text", text: title ?? ""}), element("div", {class: "text"}, rich(message.trim())),
      ...lines.filter(Boolean).map((text) => element("p", {class: "quiet text", text})));
  }

  async #deliver() {
    const wish = this.#wish;
    /** @type {Answer} */
    const answer = await this.#call("v1/broadcasts", {method: "POST", ...wish});
    if (wish !== this.#wish) return; // another person is here by now
    this.#wish = null;
    this.#fields.draft = EMPTY;
    this.#go("sent");
    this.#say(words.broadcastSentTo(answer.recipients));
    this.#host.dispatchEvent(new CustomEvent("hub-sent", {detail: answer, bubbles: true, composed: true}));
    this.#follow();
  }
}

/**
 * @param {string} look
 * @param {string} text
 * @param {(event: MouseEvent) => unknown} pressed
 * @param {Record<string, unknown>} [attributes]
 * @param {...Node} nodes
 */
function button(look, text, pressed, attributes = {}, ...nodes) {
  return element("button", {class: look, text, onclick: pressed, ...attributes}, ...nodes);
}
