/** Who is in the story, and how they are shown. */

import {find, make} from "./dom.js";
import {locale, words} from "./words.js";

let people = [];
let accounts = [];

/** Learn who there is. */
export function meet(found) {
  ({users: people, accounts} = found);
}

export const everybody = () => people;

export const personOf = (id) => people.find((user) => user.id === id);

export const nameOf = (id) => personOf(id)?.name ?? id;

export const accountName = (id) => accounts.find((account) => account.id === id)?.name ?? id;

export const home = () => accounts[0].id;

/** Draw the circle with somebody's initial; what it stands for is said beside it. */
export function avatar(id) {
  const at = people.findIndex((user) => user.id === id);
  if (at < 0) return make("span", {class: "avatar none", "aria-hidden": "true"}, "–");
  return make("span", {class: `avatar a${at % 5}`, "aria-hidden": "true"}, people[at].name[0]);
}

export const rolesOf = (user) => user.roles.map(words.role).join(", ");

/** Make the options of a list, under the accounts they belong to. */
export function byAccount(items, name) {
  const shown = accounts.map((account) => [account, items.filter((item) => item.account === account.id)]).filter(([, found]) => found.length);
  return shown.map(([account, found]) => make("optgroup", {label: account.name}, ...found.map((item) => make("option", {value: item.id}, name(item)))));
}

/** Offer everybody to open a tab as. */
export function showPeople() {
  find("people").replaceChildren(...accounts.map((account) => make("section", {"aria-labelledby": `account-${account.id}`},
    make("h3", {id: `account-${account.id}`}, account.name), make("p", {class: "hint"}, place(account)),
    make("ul", {}, ...people.filter((user) => user.account === account.id).map((user) => make("li", {}, opener(user)))))));
}

function opener(user) {
  const address = new URLSearchParams(location.search);
  address.set("as", user.id);
  return make("a", {href: `/?${address}`, target: "_blank"}, avatar(user.id),
    make("span", {}, words.openAs(user.name), make("span", {class: "role", "aria-hidden": "true"}, rolesOf(user))));
}

function place({parent, time_zone: timeZone}) {
  return words.place(Boolean(parent), new Date().toLocaleTimeString(locale, {timeZone, hour: "numeric", minute: "2-digit"}));
}
