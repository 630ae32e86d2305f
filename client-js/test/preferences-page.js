/** A page with the settings of a person, and the hub that keeps them, for each test anew. */

import {afterEach, beforeEach} from "vitest";
import "../src/elements.js";
import {HubError} from "../src/hub.js";
import {arrived} from "./page.js";
import {settled} from "./scene.js";

export const type = (id, title, more = {}) => ({
  id, title, category: "contact", description: `About ${title}`, source_system: "clienttether", channels: ["system", "text", "email"], au: true,
  strongly_encouraged: false, mandatory: false, sticky: false, ...more,
});
export const TYPES = [
  type("new_lead", "New Lead"),
  type("proposal_sign", "Proposal Sign", {strongly_encouraged: true}),
  type("client_export", "Client Export", {category: "import_export", channels: ["system"], au: false}),
  type("notice", "Important notice", {category: "system", channels: ["system", "email"], au: false, mandatory: true}),
];

export const options = ({channels, au}) => Object.fromEntries(["system", "au", "text", "email"]
  .filter((option) => (option === "au" ? au : channels.includes(option))).map((option) => [option, option === "system"]));

/** A hub that answers like the real one: it holds each request until the test lets it answer, where it `waits`. */
export class FakeHub extends EventTarget {
  state = "connected";
  waits = false;
  asked = [];
  held = [];
  refusal = null;
  types = TYPES;
  rollup = {accounts: ["sub1"], available: [{id: "sub1", name: "Acme Boston"}, {id: "sub2", name: "Acme Seattle"}]};
  lines = [{id: "l1", number: "+12025550190", owner: null, ring_group: "desk"}];
  optIns = ["l1"];
  preferences = {
    types: Object.fromEntries(TYPES.map((each) => [each.id, options(each)])),
    channels: {text: {enabled: true, custom_number: null}, email: {enabled: true, copy: true}},
    quiet_hours: null,
  };

  async request(path, {method = "GET", body} = {}) {
    this.asked.push([method, path, body]);
    if (method !== "GET" && this.waits) await new Promise((go) => this.held.push(go));
    if (method !== "GET" && this.refusal) throw this.refusal;
    return structuredClone(this.#answer(method, path, body));
  }

  /** Tell this tab what somebody changed, here or elsewhere. */
  tell(preferences = this.preferences) {
    this.preferences = preferences;
    this.dispatchEvent(new CustomEvent("preferences", {detail: {preferences: structuredClone(preferences), roles: []}}));
  }

  written() {
    return this.asked.filter(([method]) => method !== "GET");
  }

  #answer(method, path, body) {
    if (path === "v1/types") return {items: this.types, next_cursor: null};
    if (path.startsWith("v1/lines")) return path.includes("cursor") ? {items: this.lines, next_cursor: null} : {items: [], next_cursor: "a b"};
    if (path.endsWith("line-opt-ins")) return {lines: this.optIns = body?.lines ?? this.optIns};
    if (path === "v1/samples") return {id: "n1", deliveries: [{channel: body.channels[0], state: body.channels[0] === "text" ? "skipped" : "queued", reason: "no_number"}]};
    if (path.endsWith("rollup")) {
      if (!this.rollup) throw new HubError("not_found", "There is no roll-up.");
      return this.rollup = {...this.rollup, ...body};
    }
    if (method === "GET") return this.preferences;
    this.preferences = structuredClone(this.preferences);
    for (const [id, chosen] of Object.entries(body.types ?? {})) Object.assign(this.preferences.types[id], chosen);
    for (const [name, set] of Object.entries(body.channels ?? {})) Object.assign(this.preferences.channels[name], set);
    if ("quiet_hours" in body) this.preferences.quiet_hours = body.quiet_hours;
    const left = Object.keys(body.types ?? {}).filter((id) => id === "proposal_sign" && !this.preferences.types[id].system);
    return {...this.preferences, warnings: left.map((id) => ({code: "strongly_encouraged", type: id}))};
  }
}

export let hub;
export let host;

beforeEach(async () => {
  hub = new FakeHub();
  host = document.createElement("hub-preferences");
});

afterEach(() => document.body.replaceChildren());

export async function show() {
  host.client = hub;
  document.body.append(host);
  await arrived();
}

export const all = (selector) => [...host.shadowRoot.querySelectorAll(selector)];
export const seen = (node) => !node.closest("[hidden]");
export const name = (node) => node.getAttribute("aria-label") ?? node.closest("label").textContent;
export const box = (wanted) => all("[type=checkbox]").find((each) => name(each) === wanted);
export const boxes = () => all("tbody [type=checkbox]").map(name);
export const button = (text) => all("button").find((each) => each.textContent === text && seen(each));
export const said = () => host.shadowRoot.querySelector(":is(.bar, .notice) [role=status]").textContent;
export const field = (label) => all("label").find((each) => each.firstElementChild?.textContent === label || each.textContent.startsWith(label)).querySelector("input, select");

export async function click(wanted) {
  (typeof wanted === "string" ? box(wanted) : wanted).click();
  await settled();
}

export async function fill(input, text) {
  input.value = text;
  input.dispatchEvent(new Event("change"));
  await settled();
}
