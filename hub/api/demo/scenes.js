/** Behind the scenes: every open tab as the hub sees it, and what goes through this tab's WebSocket. */

import {find, make} from "./dom.js";
import {call} from "./happen.js";
import {avatar, everybody} from "./people.js";
import {words} from "./words.js";

const LOGGED = 200;
const LOOK_MS = 1000;

/** Show who is elected, and go on looking: at once when this tab is, or no longer. */
export function watchTabs(client) {
  let timer;
  const look = async () => {
    clearTimeout(timer);
    timer = setTimeout(look, LOOK_MS);
    find("tabs").replaceChildren(...await call("/demo/tabs").then(({tabs}) => owners(tabs, client), () => [said(words.noAnswer)]));
  };
  // Not on the way out: a page that is being frozen may ask for nothing.
  for (const name of ["elected", "connection"]) client?.addEventListener(name, () => client.state === "paused" || look());
  void look();
}

const said = (text) => make("p", {class: "nobody"}, text);

function owners(tabs, client) {
  const shown = everybody().map((user) => [user, tabs.filter((tab) => tab.user === user.id)]).filter(([, own]) => own.length)
    .map(([user, own]) => make("div", {class: "owner"}, make("h3", {}, avatar(user.id), user.name),
      make("ul", {class: "rows"}, ...own.map((tab) => tabRow(tab, client)))));
  return shown.length ? shown : [said(words.noTab)];
}

function tabRow(tab, client) {
  const row = make("li", {class: tab.elected ? "elected" : "", title: `gateway ${tab.gateway}`},
    make("code", {}, tab.tab.slice(0, 6)), make("span", {class: `state ${tab.state}`}, words.states[tab.state] ?? tab.state));
  if (tab.tab === client?.tab) row.append(make("span", {class: "here"}, words.thisTab));
  if (tab.elected) row.append(make("span", {class: "crown"}, `★ ${words.elected}`));
  return row;
}

/** Show what a client sends and is sent, and whether it is connected. */
export function watchFrames(client) {
  find("nobody").hidden = true;
  client.addEventListener("frame", ({detail}) => logFrame(detail));
  client.addEventListener("connection", () => showLink(client));
  showLink(client);
}

function showLink({state}) {
  find("link").hidden = false;
  find("link").textContent = words.states[state] ?? state;
  find("link").className = `state ${state}`;
}

function logFrame({sent, frame: {op, ...fields}}) {
  const row = make("li", {class: sent ? "out" : "in"}, make("b", {}, sent ? "↑" : "↓"), make("b", {}, op),
    make("span", {}, JSON.stringify(fields, (_, value) => (value?.id && value.title ? `${value.title} (${value.id.slice(-8)})` : value))));
  find("log").prepend(row);
  if (find("log").childElementCount > LOGGED) find("log").lastElementChild.remove();
}
