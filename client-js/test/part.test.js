// @vitest-environment happy-dom
import {expect, test, vi} from "vitest";
import {Part} from "../src/part.js";
import {settled} from "./scene.js";

const view = {name: "view"};

test("a part is fetched once, however often it is wanted", async () => {
  const load = vi.fn(async () => view);
  const host = {client: null, renew: vi.fn()};
  const part = new Part(host, load);
  expect([part.module, load.mock.calls.length]).toEqual([null, 0]);
  void part.want();
  void part.want();
  expect(part.node.textContent).toContain("Loading…");
  await settled();
  await part.want();
  expect([part.module, load.mock.calls.length, host.renew.mock.calls.length]).toEqual([view, 1, 1]);
});

test("one that cannot be fetched says so, and is tried again when somebody presses the button or wants it again", async () => {
  const load = vi.fn(async () => { throw new TypeError("Failed to fetch dynamically imported module"); });
  const host = {client: null, renew: vi.fn()};
  const part = new Part(host, load);
  const again = part.node.querySelector("button");
  void part.want();
  expect(again.hidden).toBe(true);
  await settled();
  expect([part.node.querySelector("[role=status]").textContent, again.textContent, again.hidden]).toEqual(["This could not be loaded.", "Try again", false]);
  await part.want();
  load.mockImplementation(async () => view);
  again.click();
  expect([part.node.textContent, again.hidden]).toEqual(["Loading…Try again", false]);
  await settled();
  expect([load.mock.calls.length, part.module, host.renew.mock.calls.length]).toEqual([3, view, 1]);
});

test("it waits for a hub that is out of reach, and is fetched then", async () => {
  const load = vi.fn(async () => view);
  const client = Object.assign(new EventTarget(), {state: "reconnecting"});
  const part = new Part({client, renew: vi.fn()}, load);
  const connection = async (state) => {
    client.state = state;
    client.dispatchEvent(new Event("connection"));
    await settled();
  };
  void part.want();
  void part.want();
  await connection("reconnecting");
  expect([part.node.querySelector("[role=status]").textContent, load.mock.calls.length]).toEqual(["Offline. Trying to connect again…", 0]);
  await connection("connected");
  expect([part.module, load.mock.calls.length]).toEqual([view, 1]);
});
