import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {connected, scene, wait} from "./client.js";
import {entry, settled, token, welcome} from "./scene.js";

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

  test("nothing is sent into a socket that the browser ended and has not said so yet", async () => {
    const {client, wires, clock} = await connected({}, {popups: [entry("n1")]});
    const {last} = wires;
    const before = last.sent.length;
    last.readyState = 3;
    void client.dismissAll();
    expect([client.popups, last.sent.length]).toEqual([[], before]);
    last.lose(1006);
    clock.pass(1000);
    await settled();
    wires.last.open();
    wires.last.hear(welcome());
    expect(wires.last.sent).toContainEqual({op: "dismiss", ids: ["n1"], ref: 1});
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

  test("C-18: the inbox of one account of a roll-up", async () => {
    const {client, asked, answers} = await connected();
    answers.push([200, {items: [], next_cursor: null, unread: 0}]);
    await client.inbox({account: "sub1"});
    expect(asked[0][0]).toBe("https://hub.example/v1/inbox?state=all&account=sub1");
  });

  test("the archive is a page of its own: it is not merged into what is known", async () => {
    const {client, answers} = await connected();
    answers.push([200, {items: [entry("n1", {state: "archived"})], next_cursor: null, unread: 0}]);
    expect((await client.inbox({state: "archived"})).items.length).toBe(1);
    expect(client.entries).toEqual([]);
  });

  test("archive closes and puts away at once, restore brings back; nothing asks nothing", async () => {
    const {client, asked, answers} = await connected({}, two);
    answers.push([200, {changed: ["n1"], unknown: [], unread: 1}], [200, {changed: ["n1"], unknown: [], unread: 1}]);
    expect(await client.archive(["n1"])).toEqual({changed: ["n1"], unknown: [], unread: 1});
    const known = () => client.entries.map(({id, state}) => `${id} ${state}`);
    expect([known(), client.popups.map(({id}) => id), client.unread]).toEqual([["n2 unread"], ["n2"], 1]);
    await client.restore(["n1"]);
    expect(known()).toEqual(["n2 unread", "n1 read"]);
    expect(asked.map(([url, {method, body}]) => [url, method, body])).toEqual([
      ["https://hub.example/v1/inbox/archive", "POST", '{"ids":["n1"]}'],
      ["https://hub.example/v1/inbox/restore", "POST", '{"ids":["n1"]}'],
    ]);
    expect(await client.archive([])).toMatchObject({changed: []});
  });

  test("when frames came before the answer, they decide", async () => {
    const {client, wires, answers} = await connected({}, two);
    answers.push([200, {changed: ["n1"], unknown: [], unread: 1}]);
    const answer = client.archive(["n1"]);
    wires.last.hear({op: "archived", seq: 3, ids: ["n1"], unread: 1});
    wires.last.hear({op: "restored", seq: 4, ids: ["n1"], unread: 1});
    await answer;
    expect(client.entries.map(({id}) => id)).toEqual(["n2", "n1"]);
  });

  test("a hub below a path is spelled with and without the slash at its end", async () => {
    for (const url of ["https://crm.example/hub", "https://crm.example/hub/"]) {
      const {client, wires} = await scene({url});
      expect([client.url, wires.last.url]).toEqual(["https://crm.example/hub/", "wss://crm.example/hub/v1/ws"]);
    }
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

  test("what one person wished is not asked for another who logged in meanwhile", async () => {
    const {client, wires, clock} = await connected();
    wires.last.lose(1006);
    const wish = client.readAll();
    clock.pass(1000);
    await settled();
    wires.last.open();
    wires.last.hear(welcome({user: "bob", epoch: "b0b"}));
    expect(wires.last.sent.map(({op}) => op)).toEqual(["hello"]);
    await expect(wish).rejects.toMatchObject({code: "closed"});
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
