/** What the page says: English as written in index.html and here; Russian in ru.js. */

const people = (count) => (count === 1 ? "1 person" : `${count.toLocaleString("en")} people`);

const english = {
  hello: (name) => `Hello, ${name}`,
  roleAt: (role, account) => `${role} at ${account}`,
  role: (role) => role.replaceAll("_", " "),
  openAs: (name) => `Open as ${name}`,
  place: (isFranchisee, time) => `${isFranchisee ? "Franchisee" : "Franchisor"}, where it is ${time}`,
  noUser: (id) => `There is no demo user “${id}”.`,
  noUserHint: "Open the page as one of these.",
  none: "None",
  nobody: "nobody",
  about: (description, sticky, place) => `${description}.${sticky ? " Stays until it is closed." : ""} Happens in ${place}.`,
  line: (owner, ring, number) => `${owner ? `${owner}'s own` : (ring ?? "nobody's").replaceAll("-", " ")}, ${number}`,
  told: (count) => (count === 1 ? "One person is told." : `${people(count)} are told.`),
  toldMany: "Accepted; a large audience is being told.",
  toldNobody: "Accepted, but nobody has this type turned on.",
  dropped: (reason) => `Nobody is told, by rule: ${reason.replaceAll("_", " ")}.`,
  silent: "The hub does not answer. Is it running?",
  garbled: (status) => `The hub's answer (${status}) cannot be read.`,
  reload: (why) => `${why} Reload this page when it does.`,
  call: "Call", text: "Text", remind: "Remind", open: "Open proposal", sign: "Sign", lead: "New lead", order: "Order",
  deed: (label, name) => `${label}: ${name}`,
  stages: {new: "New", sent: "Proposal sent", won: "Won"},
  noTab: "No tab is connected.",
  noAnswer: "The hub does not answer.",
  thisTab: "this tab",
  elected: "elected",
  states: {},
  email: "E-mail", sms: "Text",
  desktopOn: "On: what comes up while this page is hidden is shown by your system too.",
  desktopDenied: "Your browser does not allow it for this page. Its site settings can.",
  desktopMissing: "This browser has no notifications of the system.",
};

const russian = document.documentElement.lang === "ru" ? (await import("./ru.js")).default : null;

export const words = {...english, ...russian};

export const locale = russian ? "ru" : "en";

/** Put the words into what index.html holds: `data-words` names its text, `data-label` and `data-hint` its attributes. */
export function putWords() {
  if (!russian) return;
  const places = {words: (node, text) => { node.textContent = text; }, label: (node, text) => node.setAttribute("aria-label", text),
    hint: (node, text) => node.setAttribute("placeholder", text)};
  for (const [kind, put] of Object.entries(places)) {
    for (const node of document.querySelectorAll(`[data-${kind}]`)) put(node, russian.page[node.dataset[kind]] ?? node.textContent);
  }
}
