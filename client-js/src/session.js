/**
 * One tab's side of the conversation, without a socket: frames and wishes go in, commands come out, and the caller
 * carries them out in order. The rules (protocol.md 7):
 *
 *   frame with `seq`   = last + 1  apply it      <= last  ignore it      > last + 1  come back with `after`
 *   without            apply it: it is not part of the log (what a log-in-as session closed or read for itself)
 *   welcome            recovered: the missing frames follow; else the snapshot replaces everything
 *   pop-ups            belong to the user: `elected` brings them here or takes them away; what is taken is `shown` at once
 *   dismiss, read      take effect here at once, are sent again after a reconnect until the hub acknowledged them
 *
 * @typedef {import("./wire.js").Entry} Entry
 * @typedef {import("./wire.js").HubFrame} HubFrame
 * @typedef {import("./wire.js").TabFrame} TabFrame
 * @typedef {import("./wire.js").Ack} Ack
 *
 * @typedef {{do: "send", frame: TabFrame}
 *   | {do: "emit", type: string, detail: object}
 *   | {do: "settle", ref: number, ack?: Ack, error?: {code: string, message: string}}
 *   | {do: "reconnect", why: string}} Command
 * @typedef {"notified" | "elected" | "moved" | "dismissed" | "recalled" | "faded" | "refused" | "paused"} PopupReason
 */

import {Inbox, newestFirst} from "./inbox.js";

/** @returns {Command} */
const send = (/** @type {TabFrame} */ frame) => ({do: "send", frame});
/** @returns {Command} */
const emit = (/** @type {string} */ type, /** @type {object} */ detail) => ({do: "emit", type, detail});

export class Session {
  /** @type {string | null} */
  user = null;
  /** @type {readonly string[]} */
  roles = [];
  elected = false;
  unread = 0;
  inbox = new Inbox();

  /** @type {string | null} */
  #epoch = null;
  #seq = 0;
  #ref = 0;
  /** Open pop-ups this tab holds, oldest first. @type {Map<string, Entry>} */
  #popups = new Map();
  /** Wishes the hub has not acknowledged, with the pop-ups they closed. */
  /** @type {Map<number, {frame: TabFrame & {ids?: string[]}, closed: Entry[]}>} */
  #pending = new Map();

  /** Where to go on after a reconnect, null before the first welcome. */
  get after() {
    return this.#epoch === null ? null : {epoch: this.#epoch, seq: this.#seq};
  }

  get seq() {
    return this.#seq;
  }

  /** Open pop-ups this tab holds, oldest first. */
  get popups() {
    return [...this.#popups.values()];
  }

  /**
   * @param {HubFrame} frame
   * @returns {Command[]}
   */
  receive(frame) {
    if (frame.op === "welcome") return this.#welcome(frame);
    if ("seq" in frame && typeof frame.seq === "number") {
      if (this.#epoch === null || frame.seq <= this.#seq) return [];
      if (frame.seq > this.#seq + 1) return [{do: "reconnect", why: `gap: had ${this.#seq}, got ${frame.seq}`}];
      this.#seq = frame.seq;
    }
    switch (frame.op) {
      case "notify": return this.#notify(frame);
      case "elected": return this.#setElected(frame.elected, frame.popups);
      case "dismissed": return this.#closed(frame, "dismissed", this.inbox.read(frame.ids));
      case "archived": return this.#closed(frame, "dismissed", this.inbox.mark(frame.ids, "archived"));
      case "recalled": return this.#recalled(frame);
      case "restored": return this.#changed(frame.unread, this.inbox.mark(frame.ids, "read"));
      case "read": return this.#read(frame);
      case "preferences": return this.#chosen(frame);
      case "ack": return this.#acknowledged(frame);
      case "error": return this.#refused(frame);
      default: return [];
    }
  }

  /**
   * Close pop-ups or entries for good, all in one message.
   * @param {readonly string[]} ids
   * @returns {{ref: number, commands: Command[]}}
   */
  dismiss(ids) {
    const closed = this.popups.filter((entry) => ids.includes(entry.id));
    const ref = this.#wish({op: "dismiss", ids: [...ids], ref: this.nextRef()}, closed);
    return {ref, commands: [send(this.#frame(ref)), ...this.#remove(ids, "dismissed"), emit("closed", {ids})]};
  }

  /**
   * @param {readonly string[] | {upTo: number}} what
   * @returns {{ref: number, commands: Command[]}}
   */
  read(what) {
    const fields = "upTo" in what ? {up_to: what.upTo} : {ids: [...what]};
    const ref = this.#wish({op: "read", ...fields, ref: this.nextRef()}, []);
    return {ref, commands: [send(this.#frame(ref))]};
  }

  /**
   * Report timed pop-ups that left the screen by themselves; they stay unread.
   * @param {readonly string[]} ids
   * @returns {Command[]}
   */
  fade(ids) {
    const held = ids.filter((id) => this.#popups.has(id));
    return held.length ? [send({op: "faded", ids: held}), ...this.#remove(held, "faded")] : [];
  }

  /**
   * Take the pop-ups off the screen while the page is away: another tab shows them now.
   * @returns {Command[]}
   */
  pause() {
    if (!this.elected && this.#popups.size === 0) return [];
    return this.#show(false, [], "paused");
  }

  nextRef() {
    return ++this.#ref;
  }

  /** @param {import("./wire.js").Welcome} frame */
  #welcome(frame) {
    const sameLog = frame.recovered && this.#epoch === frame.epoch;
    this.#epoch = frame.epoch;
    this.user = frame.user;
    this.roles = frame.roles;
    if (!sameLog) {
      this.#seq = frame.seq;
      this.inbox.replace(frame.inbox ?? [], frame.seq);
    }
    return [
      ...this.#show(frame.elected, frame.popups, frame.elected ? "elected" : "moved"),
      ...[...this.#pending.values()].map(({frame: wish}) => send(wish)),
      ...this.#changed(frame.unread, sameLog),
    ];
  }

  /** @param {import("./wire.js").Notify} frame */
  #notify(frame) {
    const {entry, popup} = frame;
    this.inbox.add(entry, frame.seq);
    /** @type {Command[]} */
    const commands = popup ? [send({op: "shown", ids: [entry.id]})] : [];
    if (popup && !this.#popups.has(entry.id)) {
      this.#popups.set(entry.id, entry);
      commands.push(this.#popupsChanged([entry], [], "notified"));
    }
    return [...commands, emit("notification", {entry, popup}), ...this.#changed(frame.unread, true)];
  }

  /**
   * @param {boolean} elected
   * @param {Entry[]} popups
   */
  #setElected(elected, popups) {
    return this.#show(elected, elected ? popups : [], elected ? "elected" : "moved");
  }

  /**
   * Hold exactly these pop-ups, less those whose dismissal is on its way.
   * @param {boolean} elected
   * @param {Entry[]} popups
   * @param {PopupReason} reason
   * @returns {Command[]}
   */
  #show(elected, popups, reason) {
    const before = this.#popups;
    const leaving = new Set([...this.#pending.values()].flatMap(({closed}) => closed.map((entry) => entry.id)));
    const held = popups.filter((entry) => !leaving.has(entry.id)).sort((a, b) => newestFirst(b, a));
    this.#popups = new Map(held.map((entry) => [entry.id, entry]));
    const added = held.filter((entry) => !before.has(entry.id));
    const removed = [...before.keys()].filter((id) => !this.#popups.has(id));
    /** @type {Command[]} */
    const commands = popups.length ? [send({op: "shown", ids: popups.map((entry) => entry.id)})] : [];
    if (elected !== this.elected || elected) commands.push(emit("elected", {elected, popups: held}));
    this.elected = elected;
    if (added.length || removed.length) commands.push(this.#popupsChanged(added, removed, reason));
    return commands;
  }

  /**
   * @param {import("./wire.js").Marked} frame
   * @param {PopupReason} reason
   * @param {boolean} sure
   * @returns {Command[]}
   */
  #closed(frame, reason, sure) {
    return [
      ...this.#remove(frame.ids, reason), emit("closed", {ids: frame.ids}), ...this.#changed(frame.unread, sure),
    ];
  }

  /** @param {import("./wire.js").Marked} frame */
  #recalled(frame) {
    this.inbox.remove(frame.ids);
    return this.#closed(frame, "recalled", true);
  }

  /**
   * @param {import("./wire.js").PreferencesChanged} frame
   * @returns {Command[]}
   */
  #chosen({preferences, roles}) {
    this.roles = roles ?? this.roles;
    return [emit("preferences", {preferences, roles: this.roles})];
  }

  /** @param {import("./wire.js").Read} frame */
  #read(frame) {
    const sure = frame.ids ? this.inbox.read(frame.ids) : this.inbox.readUpTo(frame.up_to ?? 0);
    return this.#changed(frame.unread, sure);
  }

  /**
   * An acknowledged wish holds here, even if the frame that tells all tabs is still on its way.
   * @param {Ack} frame
   * @returns {Command[]}
   */
  #acknowledged(frame) {
    const wish = this.#pending.get(frame.ref);
    this.#pending.delete(frame.ref);
    const changed = wish ? this.#changed(frame.unread, this.inbox.read(frame.changed) || true) : [];
    return [...changed, {do: "settle", ref: frame.ref, ack: frame}];
  }

  /**
   * @param {import("./wire.js").Refused} frame
   * @returns {Command[]}
   */
  #refused(frame) {
    const error = {code: frame.code, message: frame.message};
    if (typeof frame.ref !== "number") return [emit("error", error)];
    const wish = this.#pending.get(frame.ref);
    this.#pending.delete(frame.ref);
    /** @type {Command[]} */
    const commands = [{do: "settle", ref: frame.ref, error}, emit("error", error)];
    if (!wish?.closed.length || !this.elected) return commands;
    for (const entry of wish.closed) this.#popups.set(entry.id, entry);
    return [this.#popupsChanged(wish.closed, [], "refused"), ...commands];
  }

  /**
   * @param {readonly string[]} ids
   * @param {PopupReason} reason
   * @returns {Command[]}
   */
  #remove(ids, reason) {
    const removed = ids.filter((id) => this.#popups.delete(id));
    return removed.length ? [this.#popupsChanged([], removed, reason)] : [];
  }

  /**
   * @param {Entry[]} added
   * @param {string[]} removed
   * @param {PopupReason} reason
   */
  #popupsChanged(added, removed, reason) {
    return emit("popups", {popups: this.popups, added, removed, reason});
  }

  /**
   * @param {number} unread
   * @param {boolean} sure false when the list must be read again to be right
   * @returns {Command[]}
   */
  #changed(unread, sure) {
    const before = this.unread;
    this.unread = unread;
    const commands = [emit("inbox", {stale: !sure})];
    return before === unread ? commands : [emit("unread", {unread}), ...commands];
  }

  /**
   * @param {import("./wire.js").Dismiss | import("./wire.js").MarkRead} frame
   * @param {Entry[]} closed
   */
  #wish(frame, closed) {
    this.#pending.set(frame.ref, {frame, closed});
    return frame.ref;
  }

  /** @param {number} ref */
  #frame(ref) {
    return /** @type {{frame: TabFrame}} */ (this.#pending.get(ref)).frame;
  }
}
