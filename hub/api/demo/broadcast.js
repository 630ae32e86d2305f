/** The form with which a manager tells whole groups, and what became of the message that was sent last. */

import {countPeople, find, make} from "./dom.js";

const LOOK_MS = 1000;
const SENDERS = ["manager", "admin"];

/** Offer the form to whoever may broadcast. */
export function offerBroadcasts(client, user) {
  if (!SENDERS.some((role) => user.roles.includes(role))) return;
  find("broadcast-hint").textContent = "It stays in everybody's tab until they close it.";
  find("create").hidden = false;
  find("create").addEventListener("click", () => void toggle(client));
  find("draft").addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(() => (find("confirm").hidden ? ask(client) : send(client)));
  });
  find("draft").addEventListener("input", ({target}) => {
    unconfirm();
    if (target !== find("message")) void attempt(() => count(client));
  });
}

const chosen = () => [...find("groups").querySelectorAll("input:checked")].map((box) => box.value);

async function toggle(client) {
  find("draft").hidden = !find("draft").hidden;
  find("create").setAttribute("aria-expanded", String(!find("draft").hidden));
  if (find("draft").hidden) return;
  find("message").focus();
  await attempt(async () => {
    const {items} = await client.request("v1/groups?limit=200");
    find("groups").replaceChildren(...items.map((group) => make("label", {},
      make("input", {type: "checkbox", value: group.id}), group.name || group.id)));
  });
}

/** What was changed is not what was confirmed. */
function unconfirm() {
  find("confirm").hidden = true;
  find("send").hidden = false;
}

async function count(client) {
  const groups = chosen();
  const found = groups.length ? await preview(client, groups) : 0;
  if (String(chosen()) === String(groups)) say(groups.length ? `${countPeople(found)} would get it.` : "Choose a group.");
}

async function preview(client, groups) {
  return (await client.request(`v1/broadcasts/preview?groups=${groups.map(encodeURIComponent).join(",")}`)).recipients;
}

async function ask(client) {
  const groups = chosen();
  if (!groups.length) throw new Error("Choose a group.");
  const found = await preview(client, groups);
  if (!found) throw new Error("Nobody would get it.");
  find("confirm").textContent = `Send to ${countPeople(found)}`;
  find("confirm").hidden = false;
  find("confirm").focus();
  find("send").hidden = true;
}

async function send(client) {
  find("confirm").disabled = true;
  try {
    const body = {message: find("message").value, groups: chosen()};
    const {id} = await client.request("v1/broadcasts", {method: "POST", body});
    find("draft").reset();
    say("Choose a group.");
    await toggle(client);
    find("create").focus();
    watch(client, id);
  } finally {
    find("confirm").disabled = false;
    unconfirm();
  }
}

let watched = null;

function watch(client, id) {
  watched = id;
  const recall = make("button", {type: "button", onclick: () => void attempt(() => takeBack(client, id, recall))}, "Take it back");
  const words = make("span", {role: "status"});
  find("sent").replaceChildren(words, recall);
  const look = async () => {
    if (watched !== id) return;
    const found = await client.request(`v1/broadcasts/${encodeURIComponent(id)}`).catch(() => null);
    if (found) words.textContent = received(found);
    setTimeout(look, LOOK_MS);
  };
  void look();
}

async function takeBack(client, id, button) {
  await client.request(`v1/broadcasts/${encodeURIComponent(id)}`, {method: "DELETE"});
  button.remove();
}

function received({status, recipients, delivered, shown, dismissed}) {
  const counts = `Delivered to ${delivered} of ${countPeople(recipients)}, on ${shown} ${shown === 1 ? "screen" : "screens"}, closed by ${dismissed}.`;
  return ["recalled", "expired"].includes(status) ? `Taken back. ${counts}` : counts;
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error.message, "bad");
  }
}

function say(text, look = "") {
  find("reach").textContent = text;
  find("reach").className = look;
}
