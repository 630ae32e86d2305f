/** The demo page: a small CRM in which a person opens tabs as different users and lets things happen. */

import "/client/elements.js";
import {HubClient} from "/client/hub.js";
import {offerBroadcasts} from "./broadcast.js";
import {countPeople, find, make} from "./dom.js";
import {watchOutbox} from "./outbox.js";

const LOGGED = 200;
const me = new URLSearchParams(location.search).get("as");

async function call(path, body) {
  const options = body && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
  const answer = await fetch(path, options).catch(() => { throw new Error("The hub does not answer. Is it running?"); });
  const content = await answer.json().catch(() => { throw new Error(`The hub's answer (${answer.status}) cannot be read.`); });
  if (!answer.ok) throw new Error(content.detail ?? content.title ?? `HTTP ${answer.status}`);
  return content;
}

let people = [];
let accounts = [];

function avatar(id) {
  const at = people.findIndex((user) => user.id === id);
  if (at < 0) return make("span", {class: "avatar none", "aria-hidden": "true"}, "–");
  return make("span", {class: `avatar a${at % 4}`, "aria-hidden": "true"}, people[at].name[0]);
}

const nameOf = (id) => people.find((user) => user.id === id)?.name ?? id;

const accountName = (id) => accounts.find((account) => account.id === id)?.name ?? id;

function showPeople() {
  find("people").replaceChildren(...accounts.map((account) => make("section", {"aria-labelledby": `account-${account.id}`},
    make("h2", {id: `account-${account.id}`}, account.name), make("p", {class: "hint"}, describeAccount(account)),
    make("ul", {}, ...people.filter((user) => user.account === account.id).map((user) => make("li", {}, openAs(user)))))));
}

function openAs(user) {
  const roles = user.roles.map((role) => role.replaceAll("_", " ")).join(", ");
  const link = make("a", {href: `/?as=${encodeURIComponent(user.id)}`, target: "_blank"}, avatar(user.id), `Open as ${user.name}`);
  return make("span", {class: "who"}, link, make("span", {class: "role"}, roles));
}

function describeAccount({parent, time_zone: timeZone}) {
  const time = new Date().toLocaleTimeString("en", {timeZone, hour: "numeric", minute: "2-digit"});
  return `${parent ? "Franchisee" : "Franchisor"}, where it is ${time}`;
}

/* The form */

function fillForm(types, contacts, lines) {
  const groups = Map.groupBy ? Map.groupBy(types, (type) => type.category) : new Map([["events", types]]);
  find("type").replaceChildren(...[...groups].map(([category, members]) => make("optgroup", {label: category.replaceAll("_", " ")},
    ...members.map((type) => make("option", {value: type.id}, type.title)))));
  find("type").value = types.some((type) => type.id === "voicemails") ? "voicemails" : types[0].id;
  find("contact").replaceChildren(make("option", {value: ""}, "None"), ...byAccount(contacts, (contact) => contact.name));
  find("user").replaceChildren(...byAccount(people, (user) => user.name));
  find("line").replaceChildren(...lines.map((line) => make("option", {value: line.id}, describeLine(line))));
  if (me) find("user").value = me;
  const explain = () => {
    const type = types.find(({id}) => id === find("type").value);
    find("addressee").hidden = !type.needs_users;
    find("over").hidden = !type.needs_line;
    const place = accountName(accountOf(type, contacts, lines));
    find("about").textContent = `${type.description}.${type.sticky ? " Stays until it is closed." : ""} Happens in ${place}.`;
  };
  find("form").addEventListener("change", explain);
  explain();
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const type = types.find(({id}) => id === find("type").value);
    void postForm(eventOf(type, contacts, lines));
  });
}

function byAccount(items, name) {
  const shown = accounts.map((account) => [account, items.filter((item) => item.account === account.id)]).filter(([, found]) => found.length);
  return shown.map(([account, found]) => make("optgroup", {label: account.name},
    ...found.map((item) => make("option", {value: item.id}, name(item)))));
}

const describeLine = ({number, owner, ring_group: ring}) => `${owner ? `${nameOf(owner)}'s own` : (ring ?? "nobody's").replaceAll("-", " ")}, ${number}`;

/** Say in which account an event happens: where its contact, its line or whom it names belongs. */
function accountOf(type, contacts, lines) {
  const named = [[contacts, find("contact").value], [lines, type.needs_line && find("line").value], [people, type.needs_users && find("user").value]];
  const found = named.map(([items, id]) => items.find((item) => item.id === id)).find(Boolean);
  return found?.account ?? people.find(({id}) => id === me)?.account ?? accounts[0].id;
}

/** Post what was written; what was not taken stays written. */
async function postForm(event) {
  if (await post(event)) find("title").value = find("body").value = "";
}

function eventOf(type, contacts, lines) {
  const value = (id) => find(id).value.trim();
  const event = {type: type.id, account: accountOf(type, contacts, lines), ...type.example};
  if (type.needs_line) event.line = value("line");
  if (value("contact")) event.contact = value("contact");
  if (type.needs_users) event.users = [value("user")];
  if (type.needs_original_contact) event.original_contact = value("contact") || contacts[0].id;
  if (value("title")) event.title = value("title");
  if (value("body")) event.body = value("body");
  return event;
}

async function post(event) {
  const outcome = find("outcome");
  try {
    const answer = await call("/demo/events", event);
    outcome.className = "";
    outcome.textContent = told(answer);
    return true;
  } catch (error) {
    outcome.className = "bad";
    outcome.textContent = error.message;
    return false;
  }
}

function told({status, reason, recipients}) {
  if (status === "dropped") return `Nobody is told, by rule: ${String(reason).replaceAll("_", " ")}.`;
  if (recipients === null) return "Accepted; a large audience is being told.";
  if (recipients === 0) return "Accepted, but nobody has this type turned on.";
  return recipients === 1 ? "One person is told." : `${countPeople(recipients)} are told.`;
}

/* Contacts */

const DEEDS = [
  ["Call", "voicemails", "Voicemail from", "“Hi, could you call me back about the visit on Friday?” · 0:34"],
  ["Text", "text_received", "Text from", "Can we move our appointment to 4 pm?"],
  ["Read the proposal", "proposal_open", "Proposal opened by", "They are looking at the kitchen extension right now."],
];

function showContacts(contacts, types) {
  const known = new Set(types.map((type) => type.id));
  find("contacts").replaceChildren(...contacts.map((contact) => make("tr", {},
    make("td", {}, contact.name, make("span", {class: "role"}, accountName(contact.account))),
    make("td", {}, make("span", {class: "person"}, avatar(contact.assigned_user), contact.assigned_user ? nameOf(contact.assigned_user) : "nobody")),
    make("td", {}, make("span", {class: "quick"}, ...DEEDS.filter(([, type]) => known.has(type)).map(([label, type, title, body]) => make("button", {
      type: "button", "aria-label": `${label}: ${contact.name}`,
      onclick: () => void post({type, account: contact.account, contact: contact.id, title: `${title} ${contact.name}`, body}),
    }, label)))))));
}

/* Who is elected */

async function showTabs(client) {
  try {
    const {tabs} = await call("/demo/tabs");
    const owners = people.map((user) => [user, tabs.filter((tab) => tab.user === user.id)]).filter(([, own]) => own.length);
    const shown = owners.map(([user, own]) => make("div", {class: "owner"}, make("h3", {}, avatar(user.id), user.name),
      make("ul", {class: "rows"}, ...own.map((tab) => tabRow(tab, client)))));
    find("tabs").replaceChildren(...(shown.length ? shown : [make("p", {class: "nobody"}, "No tab is connected.")]));
  } catch {
    find("tabs").replaceChildren(make("p", {class: "nobody"}, "The hub does not answer."));
  }
  setTimeout(() => void showTabs(client), 1000);
}

function tabRow(tab, client) {
  const row = make("li", {class: tab.elected ? "elected" : "", title: `gateway ${tab.gateway}`},
    make("code", {}, tab.tab.slice(0, 6)), make("span", {class: `state ${tab.state}`}, tab.state));
  if (tab.tab === client?.tab) row.append(make("span", {class: "here"}, "this tab"));
  if (tab.elected) row.append(make("span", {class: "crown"}, "★ elected"));
  return row;
}

/* This tab */

function become(user) {
  document.title = `${user.name} · Acme Homes`;
  find("greeting").textContent = `Hello ${user.name}. This is one of your tabs.`;
  find("me").hidden = false;
  find("me").append(avatar(user.id), user.name);
  find("nobody").hidden = true;
  const getToken = async () => (await call("/demo/token", {user: user.id})).token;
  const client = new HubClient({url: location.origin, getToken});
  client.addEventListener("frame", ({detail}) => logFrame(detail));
  client.addEventListener("connection", () => showLink(client));
  for (const name of ["hub-popups", "hub-bell"]) document.querySelector(name).client = client;
  showLink(client);
  offerBroadcasts(client, user);
  return client;
}

function showLink({state}) {
  find("link").hidden = false;
  find("link").textContent = state;
  find("link").className = `state ${state}`;
}

function logFrame({sent, frame: {op, ...fields}}) {
  const row = make("li", {class: sent ? "out" : "in"}, make("b", {}, sent ? "↑" : "↓"), make("b", {}, op),
    make("span", {}, JSON.stringify(fields, (_, value) => (value?.id && value.title ? `${value.title} (${value.id.slice(-8)})` : value))));
  find("log").prepend(row);
  if (find("log").childElementCount > LOGGED) find("log").lastElementChild.remove();
}

function start({users, types, contacts, lines, accounts: found}) {
  people = users;
  accounts = found;
  showPeople();
  fillForm(types, contacts, lines);
  showContacts(contacts, types);
  const user = people.find(({id}) => id === me);
  if (me !== null && !user) missing();
  void showTabs(user ? become(user) : null);
  void watchOutbox(call);
}

function missing() {
  find("greeting").textContent = `There is no demo user “${me}”.`;
  find("nobody").textContent = `This tab belongs to nobody: there is no demo user “${me}”. Open it as somebody, above.`;
}

call("/demo/users").then(start, ({message}) => { find("nobody").textContent = `${message} Reload this page when it does.`; });
