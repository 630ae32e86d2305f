import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {connect} from "../src/hub.js";
import {Clock, FakePage, entry, settled, sockets, token, welcome} from "./scene.js";

/** A client in a scene where clock, chance, sockets, page and HTTP are the test's. */
async function scene(options = {}, {visibility = "visible", focus = true} = {}) {
  const clock = new Clock();
  const page = new FakePage(visibility, focus);
  const wires = sockets();
  const asked = [];
  const answers = [];
  const fetch = async (url, request) => {
    asked.push([url, request]);
    const [status, body] = answers.shift();
    return {status, ok: status < 400, statusText: "", json: async () => body};
  };
  const issued = [];
  const getToken = async () => {
    issued.push(token(clock.time + 3_600_000, `t${issued.length + 1}`));
    return issued.at(-1);
  };
  const client = connect({url: "https://hub.example", getToken, ...options}, {
    ...clock, now: clock.now, random: () => 0.5, WebSocket: wires.FakeSocket, page, fetch,
  });
  const heard = [];
  for (const type of ["notification", "popups", "closed", "unread", "elected", "connection", "preferences", "error"]) {
    client.addEventListener(type, ({detail}) => heard.push([type, detail]));
  }
  await settled();
  return {client, clock, page, wires, asked, answers, issued, heard, types: () => heard.splice(0).map(([type]) => type)};
}

async function connected(options, more) {
  const made = await scene(options);
  made.wires.last.open();
  made.wires.last.hear(welcome(more));
  return made;
}

/** Pass time until a new socket is made; tell how long that took, in steps of 50 ms. */
async function wait({wires, clock}) {
  const known = wires.made.length;
  for (let waited = 0; ; waited += 50) {
    if (wires.made.length > known) return waited;
    clock.pass(50);
    await settled();
  }
}

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => vi.restoreAllMocks());

const ops = (wire) => wire.sent.map(({op}) => op);

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

  test("an attempt without a welcome is given up", async () => {
    const {client, wires, clock} = await scene();
    wires.last.open();
    clock.pass(15_000);
    expect(wires.last.closed).toBe(1000);
    expect(client.state).toBe("reconnecting");
  });

  test.each([4501, 4503, 4504, 4505])("stays away after %i and tells the person", async (code) => {
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

describe("what a page does with it", () => {
  const two = {popups: [entry("n2"), entry("n1")], inbox: [entry("n2"), entry("n1")], seq: 2, unread: 2};

  test("D-04: dismissAll is one message with explicit ids, answered by its ack", async () => {
    const {client, wires} = await connected({}, two);
    const answer = client.dismissAll();
    const wish = wires.last.sent.at(-1);
    expect(wish).toEqual({op: "dismiss", ids: ["n1", "n2"], ref: 1});
    wires.last.hear({op: "ack", ref: 1, changed: ["n1", "n2"], unknown: [], unread: 0});
    expect(await answer).toEqual({changed: ["n1", "n2"], unknown: [], unread: 0});
    expect(client.unread).toBe(0);
  });

  test("shown goes out before the page hears of the pop-up", async () => {
    const {client, wires} = await connected();
    let before;
    client.addEventListener("notification", () => { before = ops(wires.last); });
    wires.last.hear({op: "notify", seq: 1, popup: true, unread: 1, entry: entry("n1")});
    expect(before).toEqual(["hello", "shown"]);
  });

  test("a wish made while away is sent at the next welcome", async () => {
    const {client, wires, clock} = await connected({}, two);
    wires.last.lose(1006);
    const answer = client.dismiss(["n1"]);
    expect(client.popups.map(({id}) => id)).toEqual(["n2"]);
    clock.pass(1000);
    await settled();
    wires.last.open();
    wires.last.hear(welcome({...two, recovered: true}));
    expect(ops(wires.last)).toEqual(["hello", "shown", "dismiss"]);
    wires.last.hear({op: "ack", ref: 1, changed: ["n1"], unknown: [], unread: 1});
    expect((await answer).changed).toEqual(["n1"]);
  });

  test("nothing to close sends nothing", async () => {
    const {client, wires} = await connected();
    expect(await client.dismissAll()).toMatchObject({changed: []});
    expect(await client.read([])).toMatchObject({changed: []});
    expect(ops(wires.last)).toEqual(["hello"]);
  });

  test("a refusal rejects and is told as error", async () => {
    const {client, wires, heard} = await connected({}, two);
    const answer = client.dismiss(["n1"]);
    wires.last.hear({op: "error", ref: 1, code: "unavailable", message: "later"});
    await expect(answer).rejects.toMatchObject({code: "unavailable", message: "later"});
    expect(heard.at(-1)).toEqual(["error", {code: "unavailable", message: "later"}]);
  });

  test("the inbox is read with the token in the header, and once more after 401", async () => {
    const {client, asked, answers, issued} = await connected();
    answers.push([401, {code: "unauthenticated"}], [200, {items: [entry("n1")], next_cursor: "c", unread: 1}]);
    const page = await client.inbox({state: "unread", cursor: "b"});
    expect(page.next_cursor).toBe("c");
    expect(asked.map(([url, {headers}]) => [url, headers.Authorization])).toEqual([
      ["https://hub.example/v1/inbox?state=unread&cursor=b", `Bearer ${issued[0]}`],
      ["https://hub.example/v1/inbox?state=unread&cursor=b", `Bearer ${issued[1]}`],
    ]);
    expect(client.entries.map(({id}) => id)).toEqual(["n1"]);
  });

  test("an HTTP refusal carries the problem's code", async () => {
    const {client, answers} = await connected();
    answers.push([422, {code: "invalid", detail: "no"}]);
    await expect(client.request("v1/x", {method: "POST", body: {}})).rejects.toMatchObject({code: "invalid", message: "no"});
  });

  test("frames are shown for diagnosis, tokens are not", async () => {
    const {client, wires, clock} = await connected();
    const frames = [];
    client.addEventListener("frame", ({detail}) => frames.push(detail));
    wires.last.lose(1006);
    clock.pass(1000);
    await settled();
    wires.last.open();
    expect(frames[0]).toMatchObject({sent: true, frame: {op: "hello", token: "…"}});
  });

  test("close is for good", async () => {
    const {client, wires, page, clock} = await connected({}, two);
    client.close();
    expect([client.state, client.elected, client.popups, wires.last.closed]).toEqual(["closed", false, [], 1000]);
    page.fire("online");
    clock.pass(600_000);
    await settled();
    expect(wires.made.length).toBe(1);
    await expect(client.read(["n1"])).rejects.toMatchObject({code: "closed"});
  });
});
