/** A page with elements on it, whose sockets the test answers; used with happy-dom. */

import {afterEach, beforeEach, vi} from "vitest";
import {settled, sockets, token, welcome} from "./scene.js";

/** The sockets and tokens of the test that runs. */
export const net = {wires: sockets(), issued: 0};

/** Give every test of a file an empty page, with focus. */
export function eachOnAnEmptyPage() {
  beforeEach(() => {
    Object.assign(net, {wires: sockets(), issued: 0});
    vi.stubGlobal("WebSocket", net.wires.FakeSocket);
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    document.title = "CRM";
  });

  afterEach(async () => {
    document.body.replaceChildren();
    document.head.querySelectorAll("link").forEach((link) => link.remove());
    await settled();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

export const getToken = () => {
  net.issued += 1;
  return token(Date.now() + 3_600_000);
};

/** Put an element on the page and, for the first, say hello and welcome. */
export async function show(tag, more = {}, properties = {}) {
  const made = document.createElement(tag);
  made.setAttribute("url", "https://hub.example");
  Object.assign(made, {getToken, ...properties});
  document.body.append(made);
  await settled();
  if (net.wires.last.readyState === 0) {
    net.wires.last.open();
    net.wires.last.hear(welcome(more));
  }
  return made;
}

/** Wait until what was fetched late is there, and has done what it does at once. */
export async function arrived() {
  await vi.dynamicImportSettled();
  await settled();
}

/** Answer the coming requests with these; an Error is a refusal. */
export function respond(...answers) {
  const fetch = vi.fn(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return {ok: true, status: 200, json: async () => answer};
  });
  vi.stubGlobal("fetch", fetch);
  fetch.paths = () => fetch.mock.calls.map(([url, {method}]) => `${method} ${url.replace("https://hub.example/", "")}`);
  return fetch;
}

export const all = (host, selector) => [...host.shadowRoot.querySelectorAll(selector)];
export const named = (host, name) => all(host, "button").find((button) => (button.getAttribute("aria-label") ?? button.textContent) === name);
export const sent = (op) => net.wires.last.sent.filter((frame) => frame.op === op);
export const hear = (frame) => net.wires.last.hear(frame);
export const click = (target, options = {}) => target.dispatchEvent(new MouseEvent("click", {detail: 1, bubbles: true, ...options}));
export const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, composed: true}));
