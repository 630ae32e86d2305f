/** A page on which a manager writes to groups, and the hub behind it, for each test anew. */

import {afterEach, beforeEach, vi} from "vitest";
import "../src/elements.js";
import {arrived} from "./page.js";
import {settled, sockets, token, welcome} from "./scene.js";

export const GROUPS = [{id: "sales", name: "Sales"}, {id: "support", name: "Support"}, {id: "nameless", name: ""}];
export const SENT = {
  id: "b1", title: "Friday", body: "We close at five.", by: "carla", at: "2027-03-14T12:00:00Z", status: "sent",
  recipients: 3, delivered: 3, shown: 1, dismissed: 0, emailed: 2,
};

export let wires;
export let asked;
/** Answers by "METHOD path"; a function is asked each time, an error is thrown. */
export let answers;

beforeEach(() => {
  wires = sockets();
  asked = [];
  answers = {
    "GET v1/groups": {items: GROUPS, next_cursor: null},
    "GET v1/broadcasts": {items: [], next_cursor: null},
    "GET v1/broadcasts/preview": {recipients: 3},
    "POST v1/broadcasts": {id: "b1", recipients: 3},
  };
  vi.stubGlobal("WebSocket", wires.FakeSocket);
  vi.stubGlobal("fetch", answer);
});

afterEach(async () => {
  document.body.replaceChildren();
  await settled();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

export async function answer(url, {method, body, headers}) {
  const {pathname, search} = new URL(url);
  asked.push({what: `${method} ${pathname.slice(1)}`, search, body: body && JSON.parse(body), key: headers["Idempotency-Key"]});
  let found = answers[asked.at(-1).what];
  if (typeof found === "function") found = await found(asked.at(-1));
  if (found instanceof Error) throw found;
  const status = found?.status >= 400 ? found.status : 200;
  return {status, ok: status < 400, statusText: "", json: async () => found};
}

export async function show(roles = ["manager"], user = "carla") {
  const host = document.createElement("hub-broadcast");
  host.setAttribute("url", "https://hub.example");
  host.getToken = () => token(Date.now() + 3_600_000);
  document.body.append(host);
  await settled();
  wires.last.open();
  wires.last.hear(welcome({user, roles}));
  return host;
}

export async function opened() {
  const host = await show();
  named(host, "Create notification").click();
  await arrived();
  return host;
}

export const all = (host, selector) => [...host.shadowRoot.querySelectorAll(selector)];
export const one = (host, selector) => host.shadowRoot.querySelector(selector);
export const isSeen = (node) => !node.hidden && (!node.parentElement || isSeen(node.parentElement));
const nameOf = (button) => button.getAttribute("aria-label") ?? button.textContent;
export const named = (host, name) => all(host, "button").find((button) => isSeen(button) && nameOf(button) === name);
export const posts = () => asked.filter(({what}) => what === "POST v1/broadcasts");
export const status = (host) => one(host, "[role=status]").textContent;
export const wrongs = (host) => {
  const said = all(host, ".fields .wrong").filter(({textContent}) => textContent);
  return Object.fromEntries(said.map(({id, textContent}) => [id.replace("-fault", ""), textContent]));
};
export const input = (node) => node.dispatchEvent(new Event("input", {bubbles: true}));

export function write(host, text) {
  one(host, "#message").value = text;
  input(one(host, "#message"));
}

export async function choose(host, ...ids) {
  for (const id of ids) {
    const box = one(host, `[value=${id}]`);
    box.checked = !box.checked;
    input(box);
    box.dispatchEvent(new Event("change", {bubbles: true}));
  }
  await settled();
}

/** Press; `detail` counts clicks at the same place, as a mouse does. */
export async function press(host, name, detail = 1) {
  const button = named(host, name);
  if (button.type === "submit") button.form.requestSubmit(button);
  else button.dispatchEvent(new MouseEvent("click", {detail, bubbles: true}));
  await settled();
}

export async function confirmed() {
  const host = await opened();
  write(host, "We close <b>at five</b>.");
  await choose(host, "sales");
  await press(host, "Send");
  return host;
}
