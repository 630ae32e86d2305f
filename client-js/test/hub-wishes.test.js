import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {connected, scene} from "./client.js";
import {entry, settled, token, welcome} from "./scene.js";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => vi.restoreAllMocks());

const ops = (wire) => wire.sent.map(({op}) => op);

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
