import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {connected, scene, wait} from "./client.js";
import {settled, token, welcome} from "./scene.js";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => vi.restoreAllMocks());

describe("tokens", () => {
  test("4005 asks for a new one and comes back", async () => {
    const {wires, clock, issued} = await connected();
    wires.last.lose(4005);
    clock.pass(1000);
    await settled();
    wires.last.open();
    expect(issued.length).toBe(2);
    expect(wires.last.sent[0].token).toBe(issued[1]);
  });

  test("white space around one is of no account", async () => {
    const {wires} = await scene({getToken: async () => " one\r\n"});
    wires.last.open();
    expect(wires.last.sent[0].token).toBe("one");
  });

  test.each([["nothing", ""], ["undefined", undefined]])("%s instead of one is a failure, and it is asked for again", async (_name, given) => {
    const tokens = [given, "one"];
    const made = await scene({getToken: async () => tokens.shift()});
    expect(made.heard.at(-2)).toEqual(["error", {code: "no_token", message: "Error: there is no token"}]);
    await wait(made);
    made.wires.last.open();
    expect(made.wires.last.sent[0].token).toBe("one");
  });

  test("a whole page instead of one, too big for the hub, is not sent again and again", async () => {
    const tokens = ["<!doctype html>", "one"];
    const made = await scene({getToken: async () => tokens.shift()});
    made.wires.last.open();
    made.wires.last.lose(1009);
    await wait(made);
    made.wires.last.open();
    expect(made.wires.last.sent[0].token).toBe("one");
  });

  test("after 4500 another one is asked for, and tried once", async () => {
    const made = await scene();
    const {client, wires, issued} = made;
    wires.last.open();
    wires.last.hear({op: "bye", code: 4500, reconnect: false});
    wires.last.lose(4500);
    expect([client.state, console.error.mock.calls]).toEqual(["reconnecting", []]);
    made.page.fire("online");
    expect(await wait(made)).toBe(2750);
    wires.last.open();
    expect(wires.last.sent[0].token).toBe(issued[1]);
    wires.last.hear(welcome());
    expect([client.state, issued.length]).toEqual(["connected", 2]);
  });

  test("after the second 4500 it gives up for good, and says so once", async () => {
    const made = await scene({getToken: async () => "<!doctype html>"});
    const {client, clock, wires, heard} = made;
    wires.last.lose(4500, "bad token");
    await wait(made);
    wires.last.lose(4500, "bad token");
    clock.pass(600_000);
    await settled();
    expect([client.state, wires.made.length]).toEqual(["closed", 2]);
    const message = "the hub closed this tab: bad token (4500)";
    expect(console.error.mock.calls).toEqual([[`hub: bad_token: ${message}`]]);
    expect(heard.filter(([type]) => type === "error")).toEqual([["error", {code: "bad_token", message}]]);
  });

  test("a connection that lasted earns another try; a welcome alone does not", async () => {
    const made = await connected();
    const {client, clock, wires} = made;
    for (let times = 0; times < 2; times += 1) {
      clock.pass(11_000);
      wires.last.lose(4500);
      await wait(made);
      wires.last.open();
      wires.last.hear(welcome());
    }
    wires.last.lose(4500);
    expect(client.state).toBe("closed");
  });

  test.each([["a single one", "one"], ["none", undefined]])("%s that is refused cannot be had again", async (_, single) => {
    const {client, wires} = await scene({getToken: undefined, token: single});
    wires.last?.lose(4500);
    expect([client.state, console.error.mock.calls.length]).toEqual(["closed", 1]);
  });

  test("4005 ends a client that was given a single token", async () => {
    const {client, wires} = await connected({getToken: undefined, token: "one"});
    wires.last.lose(4005);
    expect(client.state).toBe("closed");
  });

  test("a fresh one is sent before the old runs out, driven by ping", async () => {
    const {wires, clock, issued} = await connected();
    for (let passed = 0; passed < 3_550_000; passed += 25_000) {
      clock.pass(25_000);
      wires.last.hear({op: "ping"});
      await settled();
      if (wires.last.sent.some(({op}) => op === "token")) break;
    }
    expect(wires.last.sent.find(({op}) => op === "token")).toEqual({op: "token", token: issued[1]});
    expect(wires.made.length).toBe(1);
  });

  const START = 1_800_000_000_000;

  /** Let a connection live on for a while. */
  async function live({clock, wires}, pings) {
    for (let heard = 0; heard < pings; heard += 1) {
      clock.pass(20_000);
      wires.last.hear({op: "ping"});
      await settled();
    }
  }

  test("one that cannot be had in time is asked for again, at most every 30 s, and 4005 finds the next", async () => {
    let asked = 0;
    const made = await connected({getToken: async () => {
      asked += 1;
      if (asked === 2 || asked === 3) throw new Error("down");
      return token(START + 120_000, `t${asked}`);
    }});
    await live(made, 4);
    expect([asked, made.client.state]).toEqual([3, "connected"]);
    made.wires.last.lose(4005);
    await wait(made);
    made.wires.last.open();
    expect(made.wires.last.sent[0].token.endsWith("t4")).toBe(true);
  });

  test("one that comes after its connection is gone is not sent on the next", async () => {
    const gives = [];
    const getToken = () => (gives.push(null), gives.length === 1 ? token(START + 120_000) : new Promise((give) => { gives[1] = give; }));
    const made = await connected({getToken});
    await live(made, 2);
    made.wires.last.lose(1006);
    await wait(made);
    made.wires.last.open();
    made.wires.last.hear(welcome());
    gives[1](token(START + 900_000));
    await settled();
    expect(made.wires.made.flatMap(({sent}) => sent).filter(({op}) => op === "token")).toEqual([]);
  });

  test("one that cannot be had is told, and tried again", async () => {
    let tries = 0;
    const {client, clock, wires} = await scene({getToken: async () => {
      tries += 1;
      throw new Error("login service is down");
    }});
    expect(client.state).toBe("reconnecting");
    for (const [delay, asked] of [[750, 2], [1249, 2], [1, 3], [600_000, 59]]) {
      for (let passed = 0; passed < delay; passed += 1_000) {
        clock.pass(Math.min(1_000, delay - passed));
        await settled();
      }
      expect([client.state, tries]).toEqual(["reconnecting", asked]);
    }
    expect(wires.made).toEqual([]);
    expect(console.warn.mock.calls).toEqual([["hub: getToken failed and is asked again: Error: login service is down"]]);
    expect(console.error).not.toHaveBeenCalled();
  });
});
