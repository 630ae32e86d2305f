import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {connected, scene, wait} from "./client.js";
import {entry, settled, token, welcome} from "./scene.js";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => vi.restoreAllMocks());

describe("connecting", () => {
  test("says hello in the first message, never in the address", async () => {
    const {client, wires, issued} = await scene();
    expect(wires.last.url).toBe("wss://hub.example/v1/ws");
    expect(wires.last.protocols).toEqual(["hub.v1+json"]);
    wires.last.open();
    expect(wires.last.sent).toEqual([
      {op: "hello", token: issued[0], tab: client.tab, state: "focused", after: null, client: "hub-js/1.0.0"},
    ]);
    wires.last.hear(welcome({unread: 3}));
    expect([client.state, client.user, client.unread, client.elected]).toEqual(["connected", "ann", 3, true]);
  });

  test("answers ping from the message handler", async () => {
    const {wires} = await connected();
    wires.last.hear({op: "ping"});
    expect(wires.last.sent.at(-1)).toEqual({op: "pong"});
  });

  test("comes back with what it applied last", async () => {
    const {client, wires, clock} = await connected({}, {seq: 7});
    wires.last.lose(1006);
    expect(client.state).toBe("reconnecting");
    clock.pass(750);
    await settled();
    wires.last.open();
    expect(wires.made.length).toBe(2);
    expect(wires.last.sent[0].after).toEqual({epoch: "k3f", seq: 7});
    expect(wires.last.sent[0].tab).toBe(client.tab);
  });

  test("waits longer each time, and starts anew after a connection that lasted", async () => {
    const made = await connected();
    const {wires, clock} = made;
    clock.pass(30_000);
    const waits = [];
    for (let failed = 0; failed < 7; failed += 1) {
      wires.last.lose(1006);
      waits.push(await wait(made));
      clock.pass(failed % 2 ? 14_000 : 0);
    }
    expect(waits).toEqual([750, 1250, 2250, 4250, 8250, 10_250, 10_250]);
    wires.last.open();
    wires.last.hear(welcome());
    clock.pass(11_000);
    wires.last.lose(4003);
    expect(await wait(made)).toBe(750);
  });

  test("a welcome alone does not start the backoff anew: the connection has to last", async () => {
    const made = await connected();
    const waits = [];
    for (let failed = 0; failed < 4; failed += 1) {
      made.wires.last.lose(1006);
      waits.push(await wait(made));
      made.wires.last.open();
      made.wires.last.hear(welcome());
    }
    expect(waits).toEqual([750, 1250, 2250, 4250]);
  });

  test("a gap makes it come back with a new connection", async () => {
    const {wires, clock} = await connected({}, {seq: 1});
    wires.last.hear({op: "dismissed", seq: 3, ids: [], unread: 0});
    expect(wires.made[0].closed).toBe(4003);
    clock.pass(20_000);
    await settled();
    wires.last.open();
    expect(wires.last.sent[0].after).toEqual({epoch: "k3f", seq: 1});
  });

  test("keeps inside the window that bye names", async () => {
    const {wires, clock, page} = await connected();
    wires.last.hear({op: "bye", code: 4000, reconnect: true, delay_ms: [2000, 6000]});
    wires.last.lose(4000);
    page.fire("online");
    clock.pass(3999);
    await settled();
    expect(wires.made.length).toBe(1);
    clock.pass(1);
    await settled();
    expect(wires.made.length).toBe(2);
  });

  test("a hub that restarts gets its tabs back spread over the whole window", async () => {
    const waits = [];
    for (let chance = 0; chance < 1; chance += 0.25) {
      const made = await connected({}, {}, undefined, () => chance);
      made.wires.last.hear({op: "bye", code: 4000, reconnect: true, delay_ms: [1000, 9000]});
      made.wires.last.lose(4000);
      waits.push(await wait(made));
    }
    expect(waits).toEqual([1000, 3000, 5000, 7000]);
  });

  test("bye without a window: the usual backoff; one that says no is for good", async () => {
    const made = await connected();
    made.wires.last.hear({op: "bye", code: 4001, reconnect: true});
    made.wires.last.lose(4001);
    expect(await wait(made)).toBe(750);
    const other = await connected();
    other.wires.last.hear({op: "bye", code: 4000, reconnect: false});
    other.wires.last.lose(4000);
    expect(other.client.state).toBe("closed");
  });

  test.each([1000, 1001, 1006, 1011, 4000, 4001, 4002, 4003, 4004, 4006, 4007, 4499])("comes back after %i", async (code) => {
    const made = await connected();
    made.wires.last.lose(code);
    expect([made.client.state, await wait(made)]).toEqual(["reconnecting", 750]);
  });

  test("an attempt without a welcome is given up", async () => {
    const {client, wires, clock} = await scene();
    wires.last.open();
    clock.pass(15_000);
    expect(wires.last.closed).toBe(1000);
    expect(client.state).toBe("reconnecting");
  });

  test.each([4501, 4502, 4503, 4504, 4505, 4999])("stays away after %i and tells the person", async (code) => {
    const {client, wires, clock, heard} = await connected();
    const wish = client.read(["n1"]);
    wires.last.lose(code);
    clock.pass(600_000);
    await settled();
    expect([client.state, wires.made.length]).toEqual(["closed", 1]);
    expect(heard.find(([type]) => type === "error")[1].message).toContain(String(code));
    expect(console.error.mock.calls.flat()).toEqual([expect.stringContaining(`(${code})`)]);
    await expect(wish).rejects.toMatchObject({code: "closed"});
  });
});

describe("the page comes and goes", () => {
  test("leaves at pagehide, lets go of its pop-ups, comes back at once", async () => {
    const {client, wires, page, clock} = await connected({}, {popups: [entry("n1")], seq: 1});
    page.fire("pagehide");
    expect([client.state, client.elected, client.popups, wires.made[0].closed]).toEqual(["paused", false, [], 1000]);
    clock.pass(600_000);
    await settled();
    expect(wires.made.length).toBe(1);
    page.fire("pageshow");
    await settled();
    wires.last.open();
    expect(wires.last.sent[0]).toMatchObject({op: "hello", after: {epoch: "k3f", seq: 1}});
  });

  test("leaves at freeze", async () => {
    const {client, wires, page} = await connected();
    page.fire("freeze", "hidden", false);
    expect([client.state, wires.last.closed]).toEqual(["paused", 1000]);
  });

  test("what changes between hello and welcome is told after the welcome", async () => {
    const {wires, page} = await scene({}, {focus: false});
    wires.last.open();
    page.fire("focus", "visible", true);
    expect(wires.last.sent.map(({op, state}) => [op, state])).toEqual([["hello", "visible"]]);
    wires.last.hear(welcome());
    expect(wires.last.sent.at(-1)).toEqual({op: "state", state: "focused"});
  });

  test("reports attention on the open connection", async () => {
    const {wires, page, clock} = await connected();
    page.fire("visibilitychange", "hidden", false);
    clock.pass(200);
    page.fire("focus", "visible", true);
    expect(wires.last.sent.slice(1)).toEqual([{op: "state", state: "hidden"}, {op: "state", state: "focused"}]);
  });

  test("on return after silence it asks for a sign of life; an answer is enough", async () => {
    const {wires, page, clock} = await connected();
    clock.pass(11_000);
    page.fire("online");
    expect(wires.last.sent.at(-1)).toMatchObject({op: "read", ids: ["probe"]});
    wires.last.hear({op: "ack", ref: wires.last.sent.at(-1).ref, changed: [], unknown: ["probe"], unread: 0});
    clock.pass(3000);
    await settled();
    expect(wires.made.length).toBe(1);
  });

  test("without an answer in 3 s it connects anew, without backoff", async () => {
    const {wires, page, clock} = await connected();
    clock.pass(11_000);
    page.fire("online");
    clock.pass(3000);
    await settled();
    expect(wires.made.length).toBe(2);
  });

  test("on return it does not wait for the backoff", async () => {
    const {wires, page} = await connected();
    wires.last.lose(1006);
    page.fire("visibilitychange", "visible", true);
    await settled();
    expect(wires.made.length).toBe(2);
  });

  test("iOS: a page that stood still without an event connects anew by itself, though its socket claims to be open", async () => {
    const {client, wires, clock} = await connected({}, {popups: [entry("n1")], seq: 1});
    clock.stand(3_600_000);
    clock.pass(0);
    await settled();
    expect([wires.made.length, wires.made[0].closed]).toEqual([2, 1000]);
    wires.last.open();
    expect(wires.last.sent[0].after).toEqual({epoch: "k3f", seq: 1});
    wires.last.hear(welcome({seq: 1, recovered: true, elected: false}));
    expect(client.popups).toEqual([]);
  });

  test("iOS: back after a short stand, a silent socket is asked for a sign of life first", async () => {
    const {wires, page, clock} = await connected();
    clock.stand(20_000);
    page.fire("visibilitychange", "visible", true);
    expect(wires.last.sent.at(-1)).toMatchObject({op: "read", ids: ["probe"]});
    clock.pass(3000);
    await settled();
    expect(wires.made.length).toBe(2);
  });

  test("Safari: back from the cache with nothing but pageshow", async () => {
    const {client, wires, page, clock} = await connected();
    page.fire("pagehide", "visible", true);
    expect(client.state).toBe("paused");
    clock.stand(60_000);
    page.fire("pageshow", "visible", true);
    await settled();
    wires.last.open();
    expect([wires.made.length, wires.last.sent[0].state]).toEqual([2, "focused"]);
  });

  test("a connection without a heartbeat is given up", async () => {
    const {wires, clock} = await connected();
    clock.pass(20_000);
    wires.last.hear({op: "ping"});
    clock.pass(34_000);
    expect(wires.made.length).toBe(1);
    clock.pass(1500);
    await settled();
    expect(wires.made.length).toBe(2);
  });
});
