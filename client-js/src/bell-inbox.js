/**
 * What the panel of `<hub-bell>` shows: the entries, and what can be done with them. It is fetched when somebody reaches for
 * the bell.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./hub.js").HubClient} HubClient
 */

import {INBOX_STYLES} from "./bell-inbox-styles.js";
import {Pages} from "./bell-pages.js";
import {row} from "./bell-row.js";
import {element, icon} from "./dom.js";
import {BELL} from "./icons.js";
import {words} from "./strings.js";
import {tabList} from "./tabs.js";

export {INBOX_STYLES};

export class BellInbox {
  #host;
  #panel;
  #readAll = element("button", {class: "action", text: words.bellReadAll, onclick: () => this.#markAll()});
  #accounts = element("select", {"aria-label": words.bellAccount, onchange: () => this.#choose({account: this.#accounts.value})});
  #said = element("span", {role: "status"});
  #act = element("button", {class: "action", onclick: () => this.#acted()});
  #notice = element("p", {class: "notice quiet"}, this.#said, this.#act);
  #list = element("ul");
  #nothing = element("p");
  #empty = element("div", {class: "empty"}, icon(...BELL), this.#nothing);
  #more = element("button", {class: "action more", text: words.bellMore, onclick: () => this.#load(this.#pages.cursor)});
  #scroll = element("div", {class: "scroll"}, this.#list, this.#empty, this.#more);

  #pages = new Pages(() => this.#draw());
  /** Rows by id, with the entry each shows. @type {Map<string, {entry: Entry, account: string, made: HTMLElement}>} */
  #rows = new Map();
  /** Names of accounts by id; null before they were asked for. @type {Map<string, string> | null} */
  #names = null;
  /** What was archived here last, and can be brought back. @type {Entry | null} */
  #archived = null;
  /** Whether the last change was refused. */
  #lost = false;
  /** The accounts on offer. */
  #offered = "";

  /** @param {import("./bell.js").HubBell} host @param {HTMLElement} panel */
  constructor(host, panel) {
    this.#host = host;
    this.#panel = panel;
    const views = /** @type {const} */ ([["all", words.all], ["unread", words.bellUnread], ["archived", words.bellArchived]]);
    const tabs = tabList(words.bellShow, views, this.#scroll, (view) => this.#choose({view: /** @type {import("./bell-pages.js").View} */ (view)}));
    panel.replaceChildren(
      element("div", {class: "head"}, element("h2", {text: words.bellTitle}), this.#readAll),
      element("div", {class: "filter"}, tabs, this.#accounts), this.#notice, this.#scroll);
  }

  /** @param {HubClient | null} client @param {AbortSignal} signal */
  follow(client, signal) {
    this.#names = null;
    this.#choose({account: ""});
    if (!client) return;
    for (const name of ["unread", "connection", "error"]) client.addEventListener(name, () => this.#draw(), {signal});
    client.addEventListener("inbox", (event) => {
      const {stale} = /** @type {CustomEvent} */ (event).detail;
      if (stale) this.#load(null);
      else this.#draw();
    }, {signal});
    client.addEventListener("closed", (event) => this.#closed(/** @type {CustomEvent} */ (event).detail.ids), {signal});
  }

  /** The panel was opened, or closed. */
  turned() {
    this.#archived = null;
    this.#load(null);
    this.#draw();
  }

  /** The archive is kept at the hub only: read it again when something was put there. @param {string[]} ids */
  #closed(ids) {
    const live = new Set(this.#host.client?.entries.map(({id}) => id));
    if (this.#pages.view === "archived" && ids.some((id) => !live.has(id))) this.#load(null);
  }

  /** @param {Parameters<Pages["choose"]>[0]} what */
  #choose(what) {
    this.#pages.choose(what);
    this.#lost = false;
    this.turned();
  }

  /** @param {string | null} cursor null: the first page */
  #load(cursor) {
    const {client, isOpen} = this.#host;
    if (client && isOpen) void this.#pages.load(client, cursor);
  }

  #draw() {
    if (!this.#host.isOpen) return;
    const {view, cursor, loading, failed} = this.#pages;
    const entries = this.#pages.entries(this.#host.client);
    this.#drawAccounts();
    this.#drawRows(entries);
    this.#list.hidden = entries.length === 0;
    this.#empty.hidden = entries.length > 0 || loading || failed || !this.#host.client?.user;
    this.#nothing.textContent = view === "archived" ? words.bellNothingArchived : words.bellEmpty;
    this.#readAll.disabled = !this.#host.client?.unread;
    this.#more.hidden = cursor === null;
    this.#more.disabled = loading;
    this.#drawNotice(loading && entries.length === 0);
    this.#host.place();
  }

  /** Rows that did not change stay where they are, with the focus and what is unfolded. @param {Entry[]} entries */
  #drawRows(entries) {
    const before = this.#rows;
    const focused = this.#host.focused?.getAttribute("data-key");
    this.#rows = new Map(entries.map((entry) => {
      const account = this.#names?.get(entry.account) ?? "";
      const known = before.get(entry.id);
      const same = known?.entry === entry && known.account === account;
      return [entry.id, same ? known : {entry, account, made: row(entry, account, this.#deeds)}];
    }));
    for (const [id, {made}] of before) if (this.#rows.get(id)?.made !== made) made.remove();
    let index = 0;
    for (const {made} of this.#rows.values()) {
      const there = this.#list.children[index++] ?? null;
      if (there !== made) this.#list.insertBefore(made, there);
    }
    if (focused && !this.#host.focused) this.#refocus(focused);
  }

  /** Keep the focus where it was: on the same button, else in the panel. @param {string} key */
  #refocus(key) {
    const button = /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-key="${CSS.escape(key)}"]`));
    (button ?? this.#panel).focus();
  }

  #deeds = {
    opened: (/** @type {Entry} */ entry, /** @type {Event} */ event) => {
      this.#host.opens(entry, event);
      this.#deeds.read(entry);
    },
    read: (/** @type {Entry} */ {id}) => void this.#host.client?.read([id]),
    archive: (/** @type {Entry} */ entry) => void this.#move(entry, "archive"),
    restore: (/** @type {Entry} */ entry) => void this.#move(entry, "restore"),
  };

  /** @param {Entry} entry @param {"archive" | "restore"} where */
  async #move(entry, where) {
    const done = await this.#host.client?.[where]([entry.id]).then(() => true, () => false);
    this.#archived = done && where === "archive" ? entry : null;
    this.#lost = !done;
    this.#draw();
    if (this.#host.focused && !this.#act.hidden) this.#act.focus();
  }

  #markAll() {
    void this.#host.client?.readAll();
    this.#panel.focus();
  }

  /** @param {boolean} loading */
  #drawNotice(loading) {
    const [said, act] = this.#news(loading);
    this.#notice.hidden = said === "";
    this.#said.textContent = said;
    this.#act.hidden = act === undefined;
    this.#act.textContent = act ?? "";
  }

  /** Say how things are, and what can be done. @param {boolean} loading @returns {[string, string?]} */
  #news(loading) {
    switch (this.#host.client?.state) {
      case undefined: return [words.signedOut];
      case "closed": return [words.bellClosed];
      case "connected": break;
      default: return [words.offline];
    }
    if (this.#pages.failed) return [words.bellFailed, words.retry];
    if (this.#lost) return [words.bellLost];
    if (this.#archived) return [words.bellDone(this.#archived.title), words.bellUndo];
    return [loading ? words.loading : ""];
  }

  /** Try again, or bring back what was archived. */
  #acted() {
    this.#panel.focus();
    if (this.#pages.failed) this.#load(this.#pages.cursor);
    else if (this.#archived) void this.#move(this.#archived, "restore");
  }

  /** Offer the accounts where there are entries of more than one. */
  #drawAccounts() {
    const ids = [...new Set(this.#host.client?.entries.map(({account}) => account))];
    if (ids.length > 1 && !this.#names) void this.#nameAccounts();
    this.#accounts.hidden = ids.length < 2;
    const options = [["", words.bellAllAccounts], ...ids.map((id) => [id, this.#names?.get(id) ?? words.bellOwnAccount])];
    // Not while nothing changed: a list that is unfolded would close.
    if (options.join() !== this.#offered) this.#accounts.replaceChildren(...options.map(([value, text]) => element("option", {value, text})));
    this.#offered = options.join();
    this.#accounts.value = this.#pages.account;
  }

  /** Ask for the names of the accounts that are rolled up; one without a name is the user's own. */
  async #nameAccounts() {
    this.#names = new Map();
    const {client} = this.#host;
    const found = /** @type {any} */ (await client?.request("v1/users/me/rollup").catch(() => null));
    if (client !== this.#host.client || !found) return;
    this.#names = new Map(found.available.map((/** @type {{id: string, name: string}} */ {id, name}) => [id, name]));
    this.#draw();
  }
}
