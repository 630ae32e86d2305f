/**
 * What the elements say, in English; `translate` puts another language in its place. Views read `words.…` when they draw,
 * so that a change of language draws them anew. Keys are grouped by view.
 */

const ENGLISH = {
  language: "en",
  /** Where a language has the words of parts that are fetched later. */
  later: /** @type {Partial<Record<"preferences" | "broadcast", () => Promise<{default: object}>>>} */ ({}),
  loading: "Loading…",
  unavailable: "This could not be loaded.",
  retry: "Try again",
  offline: "Offline. Trying to connect again…",
  signedOut: "Not signed in.",
  all: "All",
  find: "Search",
  nothing: "Nothing found.",

  popupsRegion: "Notifications",
  popupsMore: (/** @type {number} */ n) => `${number(n)} more`,
  popupsCloseAll: "Close all",
  popupsClose: (/** @type {string} */ title) => `Close notification: ${title}`,
  popupsCloseHint: "Close. With Shift (click, Enter or Space): close all",
  popupsNew: (/** @type {number} */ n) => `${number(n)} new notifications`,
  important: "Important",
  sample: "Sample",
  from: (/** @type {string} */ sender) => `from ${sender}`,

  bellName: (/** @type {number} */ unread) => (unread ? `Notifications, ${number(unread)} unread` : "Notifications"),
  bellTitle: "Notifications",
  bellReadAll: "Mark all as read",
  bellShow: "Show",
  bellUnread: "Unread",
  bellArchived: "Archived",
  bellAccount: "Account",
  bellAllAccounts: "All accounts",
  bellOwnAccount: "My account",
  bellIsUnread: "Unread. ",
  bellRead: "Mark as read",
  bellArchive: "Archive",
  bellRestore: "Restore",
  bellWhy: "Why?",
  bellWhyLong: "Why did I get this?",
  bellMore: "Load more",
  bellEmpty: "You are all caught up.",
  bellNothingArchived: "Nothing is archived.",
  bellDone: (/** @type {string} */ title) => `Archived: ${title}`,
  bellUndo: "Undo",
  bellLost: "That could not be saved.",
  bellFailed: "Notifications could not be loaded.",
  bellClosed: "The connection was closed. Reload the page to connect again.",

  broadcastCreate: "Create notification",
};

/**
 * @typedef {typeof ENGLISH} Words
 * @typedef {Words & typeof import("./broadcast-strings.js").BROADCAST_WORDS & typeof import("./preferences-strings.js").PREFERENCES_WORDS} AllWords
 *   those of a part are there when the part is
 */

export const words = /** @type {AllWords} */ (ENGLISH);

/** Tells when the language has changed. */
export const languages = new EventTarget();

/** What was said by `translate`. @type {object} */
const said = {};
/** The words of parts that were fetched later, in English. @type {Map<keyof Words["later"], object>} */
const parts = new Map();

/**
 * Say things in another language, or in other words; what is left out stays as it is. All elements draw themselves anew.
 * @param {Partial<AllWords>} other
 */
export function translate(other) {
  Object.assign(said, other);
  Object.assign(words, other);
  changed();
  if (other.later) void Promise.all([...parts].map(([part, english]) => bring(part, english))).then(changed);
}

/**
 * Add the words of a part that is fetched later: English, over it the language that is spoken, over both what the page said.
 * @param {keyof Words["later"]} part
 * @param {object} english
 */
export async function bring(part, english) {
  parts.set(part, english);
  // Without the words there are the English ones.
  const own = await words.later[part]?.().catch(() => null);
  Object.assign(words, english, own?.default, said);
}

function changed() {
  languages.dispatchEvent(new Event("change"));
}

/** Name the language for numbers and times: the page's, where it is the words' own. */
export function locale() {
  const page = document.documentElement.lang;
  try {
    return page.startsWith(words.language) ? String(new Intl.Locale(page)) : words.language;
  } catch {
    return words.language; // `en_US` is no name of a language
  }
}

/** Write a number as the language does. @param {number} n */
export function number(n) {
  return n.toLocaleString(locale());
}
