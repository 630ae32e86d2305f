/**
 * Notifications of the system, for pop-ups that come up while nobody sees the page. Optional: `import` it and
 *
 *   const desktop = desktopNotifications(client, {icon: "/logo.png", isWanted: (entry) => entry.important});
 *   button.addEventListener("click", async () => show(await desktop.ask()));
 *
 * Only the elected tab shows them, only while it is hidden; they go when the page is looked at, when the pop-up is closed
 * anywhere, and when it moves to another tab. Where the browser has none, or the person does not allow them, nothing
 * happens, and `state` says why. A click comes as `hub-open` {entry} (cancelable) at the document, as from the elements.
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {"granted" | "denied" | "default" | "unsupported"} DesktopState
 */

const SCHEMES = ["http:", "https:", "mailto:"];
/** A pop-up that comes to this tab so long after it happened was offered to a tab that does not answer, ms. */
const FRESH = 10_000;

export class DesktopNotifications {
  #client;
  #icon;
  #isWanted;
  #refused = false;
  #listening = new AbortController();
  /** When this tab heard of what happened, by id. @type {Map<string, number>} */
  #heard = new Map();
  /** @type {Map<string, Notification>} */
  #open = new Map();

  /**
   * @param {HubClient} client
   * @param {{icon?: string, isWanted?: (entry: Entry) => boolean}} options
   */
  constructor(client, {icon, isWanted = () => true}) {
    this.#client = client;
    this.#icon = icon;
    this.#isWanted = isWanted;
    const {signal} = this.#listening;
    /** @param {string} type @param {(detail: any) => void} act */
    const on = (type, act) => client.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail), {signal});
    on("notification", ({entry}) => this.#happened(entry));
    on("popups", ({added, removed, reason}) => this.#moved(added, reason === "paused" ? [] : removed));
    on("closed", ({ids}) => this.#close(ids));
    document.addEventListener("visibilitychange", () => this.#looked(), {signal});
  }

  /** Whether they can be shown; `default` means that the person was not asked yet. @returns {DesktopState} */
  get state() {
    return this.#refused || typeof Notification === "undefined" ? "unsupported" : Notification.permission;
  }

  /** Ask the person, out of a click: browsers hold it against a page that asks without one. @returns {Promise<DesktopState>} */
  async ask() {
    if (this.state === "default" && navigator.userActivation?.isActive !== false) await Notification.requestPermission();
    return this.state;
  }

  /** Close them and show no more. */
  stop() {
    this.#listening.abort();
    this.#close([...this.#open.keys()]);
  }

  /** @param {Entry} entry */
  #happened(entry) {
    const now = Date.now();
    for (const [id, at] of this.#heard) if (now - at > FRESH) this.#heard.delete(id);
    this.#heard.set(entry.id, now);
    if (this.#client.popups.some(({id}) => id === entry.id)) this.#show(entry);
  }

  /** @param {Entry[]} added @param {string[]} removed */
  #moved(added, removed) {
    for (const entry of added) if (Date.now() - (this.#heard.get(entry.id) ?? -Infinity) <= FRESH) this.#show(entry);
    this.#close(removed);
  }

  /** @param {Entry} entry */
  #show(entry) {
    if (this.state !== "granted" || document.visibilityState !== "hidden" || !this.#isWanted(entry)) return;
    const {id, title, body, sticky} = entry;
    /** @type {NotificationOptions} */
    const options = {body: body ?? "", tag: id, requireInteraction: sticky, ...(this.#icon ? {icon: this.#icon} : {})};
    try {
      const shown = new Notification(title, options);
      shown.onclick = () => this.#clicked(entry);
      this.#open.set(id, shown);
    } catch {
      this.#refused = true; // a phone's browser has them for service workers only
    }
  }

  /** @param {readonly string[]} ids */
  #close(ids) {
    for (const id of ids) {
      this.#open.get(id)?.close();
      this.#open.delete(id);
    }
  }

  #looked() {
    if (document.visibilityState === "visible") this.#close([...this.#open.keys()]);
  }

  /** @param {Entry} entry */
  #clicked(entry) {
    window.focus();
    this.#close([entry.id]);
    const open = new CustomEvent("hub-open", {detail: {entry}, cancelable: true});
    const wanted = document.dispatchEvent(open);
    if (!entry.url) return; // there is nothing to go to: its pop-up waits on the page
    if (wanted) follow(entry.url);
    void this.#client.dismiss([entry.id]);
  }
}

/** Go where a link goes, if it cannot run script: out of this page's origin in a tab of its own. @param {string} url */
function follow(url) {
  if (!URL.canParse(url, document.baseURI)) return;
  const target = new URL(url, document.baseURI);
  if (!SCHEMES.includes(target.protocol)) return;
  if (target.origin === location.origin || !target.host) location.assign(target.href);
  else open(target.href, "_blank", "noopener,noreferrer");
}

/**
 * Show pop-ups as notifications of the system, too.
 * @param {HubClient} client
 * @param {{icon?: string, isWanted?: (entry: Entry) => boolean}} [options]
 */
export function desktopNotifications(client, options = {}) {
  return new DesktopNotifications(client, options);
}
