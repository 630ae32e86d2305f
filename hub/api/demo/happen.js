/** Letting things happen: the form, and what the hub answers. */

import {find, make} from "./dom.js";
import {accountName, byAccount, everybody, home, nameOf, personOf} from "./people.js";
import {words} from "./words.js";

/** Ask the demo, or send it something. Throws an Error that can be shown. */
export async function call(path, body) {
  const options = body && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
  const answer = await fetch(path, options).catch(() => { throw new Error(words.silent); });
  const content = await answer.json().catch(() => { throw new Error(words.garbled(answer.status)); });
  if (!answer.ok) throw new Error(content.detail ?? content.title ?? `HTTP ${answer.status}`);
  return content;
}

/** Post an event, and say into `outcome` what came of it. Tells whether the hub took it. */
export async function post(event, outcome) {
  try {
    say(outcome, told(await call("/demo/events", event)));
    return true;
  } catch (error) {
    say(outcome, error.message, "bad");
    return false;
  }
}

function say(outcome, text, look = "") {
  outcome.className = look;
  outcome.textContent = text;
  for (const fading of outcome.getAnimations()) fading.currentTime = 0;
}

function told({status, reason, recipients}) {
  if (status === "dropped") return words.dropped(String(reason));
  if (recipients === null) return words.toldMany;
  return recipients === 0 ? words.toldNobody : words.told(recipients);
}

/** Offer the form to whoever this tab belongs to. */
export function offerForm({types, contacts, lines}, me) {
  const groups = new Map();
  for (const type of types) groups.set(type.category, [...(groups.get(type.category) ?? []), type]);
  find("type").replaceChildren(...[...groups].map(([category, members]) => make("optgroup", {label: category.replaceAll("_", " ")},
    ...members.map((type) => make("option", {value: type.id}, type.title)))));
  find("type").value = types.some((type) => type.id === "voicemails") ? "voicemails" : types[0].id;
  find("contact").replaceChildren(make("option", {value: ""}, words.none), ...byAccount(contacts, (contact) => contact.name));
  find("user").replaceChildren(...byAccount(everybody(), (user) => user.name));
  find("line").replaceChildren(...lines.map(({id, owner, ring_group: ring, number}) =>
    make("option", {value: id}, words.line(owner && nameOf(owner), ring, number))));
  if (personOf(me)) find("user").value = me;
  const chosen = () => types.find(({id}) => id === find("type").value);
  const where = (type) => accountOf(type, contacts, lines, me);
  const explain = () => {
    const type = chosen();
    find("addressee").hidden = !type.needs_users;
    find("over").hidden = !type.needs_line;
    find("about").textContent = words.about(type.description.replace(/^\(.*?\) /, ""), type.sticky, accountName(where(type)));
  };
  find("form").addEventListener("change", explain);
  explain();
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void postForm(eventOf(chosen(), where(chosen()), contacts));
  });
}

/** Say in which account an event happens: where its contact, its line or whom it names belongs. */
function accountOf(type, contacts, lines, me) {
  const named = [[contacts, find("contact").value], [lines, type.needs_line && find("line").value], [everybody(), type.needs_users && find("user").value]];
  const found = named.map(([items, id]) => items.find((item) => item.id === id)).find(Boolean);
  return found?.account ?? personOf(me)?.account ?? home();
}

function eventOf(type, account, contacts) {
  const value = (id) => find(id).value.trim();
  const event = {type: type.id, account, ...type.example};
  if (type.needs_line) event.line = value("line");
  if (value("contact")) event.contact = value("contact");
  if (type.needs_users) event.users = [value("user")];
  if (type.needs_original_contact) event.original_contact = value("contact") || contacts[0].id;
  if (value("title")) event.title = value("title");
  if (value("body")) event.body = value("body");
  return event;
}

/** Post what was written; what was not taken stays written. */
async function postForm(event) {
  if (await post(event, find("outcome"))) find("title").value = find("body").value = "";
}
