/** The CRM's own screen: deals and contacts, and what customers may do, which the hub then tells of. */

import {find, make} from "./dom.js";
import {post} from "./happen.js";
import {accountName, avatar, nameOf} from "./people.js";
import {locale, words} from "./words.js";

const DEALS = [
  {title: "Roof and gutters", contact: "c6", value: 18_400, stage: "new"},
  {title: "Guest bathroom", contact: "c8", value: 12_900, stage: "new"},
  {title: "Kitchen extension", contact: "c1", value: 48_000, stage: "sent"},
  {title: "Solar roof", contact: "c7", value: 31_500, stage: "sent"},
  {title: "Garden room", contact: "c3", value: 27_250, stage: "won"},
  {title: "Harbour view loft", contact: "c9", value: 86_000, stage: "won"},
];

const CALLED = {label: "call", type: "voicemails", title: (contact) => `Voicemail from ${contact.name}`,
  body: () => "“Hi, could you call me back about the visit on Friday?” · 0:34"};
const TEXTED = {label: "text", type: "text_received", title: (contact) => `Text from ${contact.name}`,
  body: () => "Can we move our appointment to 4 pm?"};
const REMINDED = {label: "remind", type: "task_due", title: (contact) => `Call ${contact.name} back`,
  body: () => "Planned for now. Stays here until it is closed.", isNamed: true};
const CONTACT_DEEDS = [CALLED, TEXTED, REMINDED];

const PRAISED = {label: "lead", type: "new_lead", title: (contact) => `New lead: ${contact.name}`, body: (deal) => `Asks for an offer: ${deal.title}.`};
const OPENED = {label: "open", type: "proposal_open", title: (contact) => `${contact.name} opened the proposal`,
  body: (deal) => `They are looking at “${deal.title}” right now.`};
const SIGNED = {label: "sign", type: "proposal_sign", title: (contact) => `${contact.name} signed`,
  body: (deal) => `“${deal.title}” for ${money(deal.value)}. Well done!`, stage: "won"};
const ORDERED = {label: "order", type: "order_created", title: (contact) => `Order from ${contact.name}`, body: (deal) => `${deal.title}, ${money(deal.value)}`};
const DEAL_DEEDS = {new: [PRAISED], sent: [OPENED, SIGNED], won: [ORDERED]};

const money = (value) => value.toLocaleString(locale, {style: "currency", currency: "USD", maximumFractionDigits: 0});

/** Show the deals and the contacts that there are. */
export function showCustomers({contacts, types}, me) {
  const known = new Set(types.map((type) => type.id));
  const people = new Map(contacts.map((contact) => [contact.id, contact]));
  const desk = {known, people, me};
  showDeals(desk);
  find("contacts").replaceChildren(...contacts.map((contact) => contactRow(contact, desk)));
}

function contactRow(contact, desk) {
  const deeds = CONTACT_DEEDS.map((deed) => deedButton(deed, contact, contact.name, desk, {}));
  return make("tr", {},
    make("td", {}, make("b", {}, contact.name), make("span", {class: "role"}, accountName(contact.account))),
    make("td", {}, make("span", {class: "person"}, avatar(contact.assigned_user), owner(contact))),
    make("td", {}, make("span", {class: "quick"}, ...deeds)));
}

const owner = ({assigned_user: user}) => (user ? nameOf(user) : words.nobody);

function showDeals(desk) {
  find("deals").replaceChildren(...Object.entries(words.stages).map(([stage, name]) => {
    const deals = DEALS.filter((deal) => deal.stage === stage && desk.people.has(deal.contact));
    const sum = deals.reduce((total, {value}) => total + value, 0);
    return make("section", {class: `stage ${stage}`, "aria-label": name},
      make("h3", {}, name, make("span", {class: "sum"}, money(sum))), make("ul", {}, ...deals.map((deal) => dealCard(deal, desk))));
  }));
}

function dealCard(deal, desk) {
  const contact = desk.people.get(deal.contact);
  const deeds = DEAL_DEEDS[deal.stage].map((deed) => deedButton(deed, contact, deal.title, desk, deal));
  return make("li", {},
    make("div", {class: "deal"}, make("b", {}, deal.title), make("span", {class: "value"}, money(deal.value))),
    make("span", {class: "person role"}, avatar(contact.assigned_user), `${contact.name} · ${owner(contact)}`),
    make("span", {class: "quick"}, ...deeds));
}

/** Make the button with which a customer does something; without such a type in the catalogue there is none. */
function deedButton(deed, contact, name, desk, deal) {
  if (!desk.known.has(deed.type)) return "";
  const label = words[deed.label];
  return make("button", {type: "button", "aria-label": words.deed(label, name), onclick: () => void act(deed, contact, desk, deal)}, label);
}

async function act(deed, contact, desk, deal) {
  const event = {type: deed.type, account: contact.account, contact: contact.id, title: deed.title(contact), body: deed.body(deal)};
  if (deed.isNamed) event.users = [contact.assigned_user ?? desk.me ?? "dan"];
  if (!await post(event, find("said")) || !deed.stage) return;
  deal.stage = deed.stage;
  showDeals(desk);
  find("deals-title").focus();
}
