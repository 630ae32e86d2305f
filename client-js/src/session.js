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
 *   | {do: "settle", ref: number, ack?: Ack, error?: {code: string, message: string}, ids?: string[]}
 *   | {do: "reconnect"}} Command
 * @typedef {"notified" | "elected" | "moved" | "dismissed" | "recalled" | "faded" | "refused" | "paused"} PopupReason
 */

import {Inbox, newestFirst} from "./inbox.js";

/** So many closed ones are remembered, against pop-ups that come late or from before the hub knew. */
const REMEMBERED = 500;

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
  /** Open pop-ups the hub gave this tab, oldest first. @type {Map<string, Entry>} */
  #popups = new Map();
  /** What was told last to be on the screen. @type {Entry[]} */
  #drawn = [];
  /** What was closed for good, the latest last: with the pop-up, if it was here. @type {Map<string, Entry | undefined>} */
  #gone = new Map();
  /** Wishes the hub has not acknowledged. @type {Map<number, import("./wire.js").Dismiss | import("./wire.js").MarkRead>} */
  #pending = new Map();
  #guarded;
  #clear;

  /** @param {boolean} [guarded] whether pop-ups wait for `guard(true)`, because another tab of the profile may show them */
  constructor(guarded = false) {
    this.#guarded = guarded;
    this.#clear = !guarded;
  }

  /** Where to go on after a reconnect, null before the first welcome. */
  get after() {
    return this.#epoch === null ? null : {epoch: this.#epoch, seq: this.#seq};
  }

  get seq() {
    return this.#seq;
  }

  /** Open pop-ups this tab shows, oldest first. */
  get popups() {
    return this.#clear ? [...this.#popups.values()] : [];
  }

  /**
   * @param {HubFrame} frame
   * @returns {Command[]}
   */
  receive(frame) {
    if (frame.op === "welcome") return this.#welcome(frame);
    if ("seq" in frame && typeof frame.seq === "number") {
      if (this.#epoch === null || frame.seq <= this.#seq) return [];
      if (frame.seq > this.#seq + 1) return [{do: "reconnect"}];
      this.#seq = frame.seq;
    }
    switch (frame.op) {
      case "notify": return this.#notify(frame);
      case "elected": return this.#setElected(frame);
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
    const {ref, commands} = this.#wish({op: "dismiss", ids: [...ids], ref: this.nextRef()});
    return {ref, commands: [...commands, ...this.close(ids, "dismissed")]};
  }

  /**
   * Take off the screen what is closed for good, whoever did it; the hub may not have heard of it yet.
   * @param {readonly string[]} ids
   * @param {PopupReason} reason
   * @returns {Command[]}
   */
  close(ids, reason) {
    for (const id of ids) {
      this.#gone.set(id, this.#popups.get(id) ?? this.#gone.get(id));
      if (this.#gone.size > REMEMBERED) this.#gone.delete([...this.#gone.keys()][0]);
    }
    return [...this.#remove(ids, reason), emit("closed", {ids})];
  }

  /**
   * Bring back what was closed, because the hub refused it.
   * @param {readonly string[]} ids
   * @returns {Command[]}
   */
  reopen(ids) {
    for (const id of ids) {
      const entry = this.#gone.get(id);
      this.#gone.delete(id);
      if (entry && this.elected) this.#popups.set(id, entry);
    }
    return this.#redraw("refused");
  }

  /**
   * Show pop-ups, or not: whether no other tab of this profile does.
   * @param {boolean} clear
   */
  guard(clear) {
    this.#clear = clear;
    return this.#redraw(clear ? "elected" : "moved");
  }

  /**
   * @param {readonly string[] | {upTo: number}} what
   * @returns {{ref: number, commands: Command[]}}
   */
  read(what) {
    const fields = "upTo" in what ? {up_to: what.upTo} : {ids: [...what]};
    return this.#wish({op: "read", ...fields, ref: this.nextRef()});
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
    return this.#show(false, [], "paused");
  }

  /** Send no wish again. */
  forget() {
    this.#pending.clear();
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
    const again = [...this.#pending.values()].map(send);
    return [...this.#setElected(frame), ...again, ...this.#changed(frame.unread, sameLog)];
  }

  /** @param {import("./wire.js").Notify} frame */
  #notify(frame) {
    const {entry, popup} = frame;
    this.inbox.add(entry, frame.seq);
    /** @type {Command[]} */
    const commands = popup ? [send({op: "shown", ids: [entry.id]})] : [];
    if (popup) commands.push(...this.#offered([entry]), ...this.#redraw("notified"));
    return [...commands, emit("notification", {entry, popup}), ...this.#changed(frame.unread, true)];
  }

  /** @param {{elected: boolean, popups: Entry[]}} frame */
  #setElected({elected, popups}) {
    return this.#show(elected, elected ? popups : [], elected ? "elected" : "moved");
  }

  /**
   * Hold exactly these pop-ups, less those that were closed.
   * @param {boolean} elected
   * @param {Entry[]} popups
   * @param {PopupReason} reason
   * @returns {Command[]}
   */
  #show(elected, popups, reason) {
    this.#popups.clear();
    const closed = this.#offered(popups.sort((a, b) => newestFirst(b, a)));
    if (!elected) this.#clear = !this.#guarded;
    /** @type {Command[]} */
    const commands = popups.length ? [send({op: "shown", ids: popups.map((entry) => entry.id)})] : [];
    if (elected !== this.elected || elected) commands.push(emit("elected", {elected, popups: this.popups}));
    this.elected = elected;
    return [...commands, ...this.#redraw(reason), ...closed];
  }

  /**
   * Take pop-ups. What was closed in this profile and no wish of this tab tells of, the hub has perhaps never heard of:
   * it is told, for it would count as open with no tab to show it.
   * @param {Entry[]} entries
   * @returns {Command[]}
   */
  #offered(entries) {
    for (const entry of entries) (this.#gone.has(entry.id) ? this.#gone : this.#popups).set(entry.id, entry);
    const told = [...this.#pending.values()].flatMap(({ids}) => ids);
    const untold = entries.map(({id}) => id).filter((id) => this.#gone.has(id) && !told.includes(id));
    return untold.length ? this.dismiss(untold).commands : [];
  }

  /**
   * @param {import("./wire.js").Marked} frame
   * @param {PopupReason} reason
   * @param {boolean} sure
   * @returns {Command[]}
   */
  #closed(frame, reason, sure) {
    return [...this.close(frame.ids, reason), ...this.#changed(frame.unread, sure)];
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
    const ids = this.#pending.get(frame.ref)?.ids ?? [];
    this.#pending.delete(frame.ref);
    return [...this.reopen(ids), {do: "settle", ref: frame.ref, error, ids}, emit("error", error)];
  }

  /**
   * @param {readonly string[]} ids
   * @param {PopupReason} reason
   */
  #remove(ids, reason) {
    for (const id of ids) this.#popups.delete(id);
    return this.#redraw(reason);
  }

  /**
   * Tell what changed on the screen.
   * @param {PopupReason} reason
   * @returns {Command[]}
   */
  #redraw(reason) {
    const {popups} = this;
    const added = without(popups, this.#drawn);
    const removed = without(this.#drawn, popups).map(({id}) => id);
    this.#drawn = popups;
    return added.length || removed.length ? [emit("popups", {popups, added, removed, reason})] : [];
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
   * @returns {{ref: number, commands: Command[]}}
   */
  #wish(frame) {
    this.#pending.set(frame.ref, frame);
    return {ref: frame.ref, commands: [send(frame)]};
  }
}

/** Leave out of some what is among others. @param {Entry[]} some @param {Entry[]} others */
function without(some, others) {
  return some.filter(({id}) => !others.some((other) => other.id === id));
}
