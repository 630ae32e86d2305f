/** What the dialog of `<hub-broadcast>` says, in English. */

import {number} from "./strings.js";

export const BROADCAST_WORDS = {
  broadcastClose: "Close",
  broadcastTitle: "Title",
  broadcastMessage: "Message",
  broadcastOptional: "optional",
  broadcastBold: "Bold",
  broadcastItalic: "Italic",
  broadcastLink: "Link",
  broadcastGroups: "Groups",
  broadcastExpires: "Take down",
  broadcastUntil: [["", "never"], ["hour", "in an hour"], ["today", "at midnight"], ["at", "at a time…"]],
  broadcastAt: "Time",
  broadcastEmpty: "Write a message.",
  broadcastLong: (/** @type {number} */ n) => `Too long by ${number(n)}.`,
  broadcastChoose: "Choose a group.",
  broadcastWhen: "Say when.",
  broadcastWould: (/** @type {number} */ n) => `${people(n)} would get it.`,
  broadcastNobody: "Nobody would get it.",
  broadcastSend: "Send",
  broadcastSendTo: (/** @type {number} */ n) => `Send to ${people(n)}`,
  broadcastBack: "Back",
  broadcastTo: (/** @type {readonly string[]} */ names) => `To ${names.join(", ")}`,
  broadcastTaken: (/** @type {string} */ when) => `Until ${when}`,
  broadcastUnreachable: "The hub did not answer. Nothing is lost: try again.",
  broadcastSentTo: (/** @type {number} */ n) => `Sent to ${people(n)}.`,
  broadcastAnother: "Write another",
  broadcastSent: "Sent by you",
  broadcastCounts: {delivered: "Delivered", shown: "Shown", dismissed: "Closed", emailed: "E-mailed"},
  broadcastOf: (/** @type {number} */ n, /** @type {number} */ all) => `${number(n)} of ${number(all)}`,
  broadcastState: (/** @type {string} */ status) => /** @type {Record<string, string>} */ ({sending: "on its way", recalled: "taken back", expired: "taken down"})[status] ?? "",
  broadcastRecall: "Take back",
  broadcastSure: "Take back from everybody?",
};

/** @param {number} n */
function people(n) {
  return n === 1 ? "1 person" : `${number(n)} people`;
}
