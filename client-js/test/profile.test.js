import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {Profile} from "../src/profile.js";
import {FakeLocks, channels} from "./browser.js";
import {connected, scene} from "./client.js";
import {entry, settled, token, welcome} from "./scene.js";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

afterEach(() => vi.restoreAllMocks());

const ids = (entries) => entries.map(({id}) => id);

describe("the lock", () => {
  /** Two tabs of a profile; `said` is what each was told of the lock. */
  function pair(locks = new FakeLocks()) {
    const make = () => {
      const said = [];
      const profile = new Profile({locks}, {told: () => undefined, guarded: (clear) => said.push(clear)});
      profile.join("hub:a");
      return {profile, said};
    };
    return {locks, one: make(), two: make()};
  }

  test("a free one is taken without stealing, and let go", async () => {
    const {locks, one} = pair();
    one.profile.claim(true);
    await settled();
    expect([one.said, locks.asked]).toEqual([[true], [["hub:a pop-ups", "ifAvailable"]]]);
    one.profile.claim(true);
    one.profile.claim(false);
    await settled();
    expect([one.said, locks.asked.length, locks.holder]).toEqual([[true], 1, null]);
  });

  test("the hub's word wins: one that is held is stolen, also from a tab that is frozen", async () => {
    const {locks, one, two} = pair();
    one.profile.claim(true);
    await settled();
    two.profile.claim(true);
    await settled();
    expect([one.said, two.said]).toEqual([[true, false], [true]]);
    expect(locks.asked.map(([, how]) => how)).toEqual(["ifAvailable", "ifAvailable", "steal", "signal"]);
  });

  test("who was robbed waits in line and does not steal back", async () => {
    const {locks, one, two} = pair();
    one.profile.claim(true);
    await settled();
    two.profile.claim(true);
    await settled();
    two.profile.claim(false);
    await settled();
    expect(one.said).toEqual([true, false, true]);
    expect(locks.asked.filter(([, how]) => how === "steal").length).toBe(1);
  });

  test("a newer word lets who was robbed steal", async () => {
    const {one, two} = pair();
    one.profile.claim(true);
    await settled();
    two.profile.claim(true);
    await settled();
    one.profile.claim(true);
    await settled();
    expect([one.said, two.said]).toEqual([[true, false, true], [true, false]]);
  });

  test("a word that is taken back before the answer steals nothing", async () => {
    const {locks, one, two} = pair();
    one.profile.claim(true);
    await settled();
    two.profile.claim(true);
    two.profile.claim(false);
    await settled();
    expect([one.said, two.said, locks.asked.length]).toEqual([[true], [], 2]);
  });

  test("who leaves the line is out of it", async () => {
    const {locks, one, two} = pair();
    one.profile.claim(true);
    await settled();
    two.profile.claim(true);
    await settled();
    one.profile.leave();
    two.profile.claim(false);
    await settled();
    expect([one.said, locks.queue, locks.holder]).toEqual([[true, false], [], null]);
  });

  test("a page that may have none is clear at once", async () => {
    const {one} = pair({request: async () => { throw new DOMException("", "SecurityError"); }});
    one.profile.claim(true);
    await settled();
    expect(one.said).toEqual([true]);
  });
});

describe("the channel", () => {
  test("a page that may have none tells nobody and lives", () => {
    const refuse = class { constructor() { throw new DOMException("", "SecurityError"); } };
    const profile = new Profile({BroadcastChannel: refuse}, {told: () => undefined, guarded: () => undefined});
    profile.join("hub:a");
    profile.tell("closed", ["n1"]);
    profile.leave();
  });

  test("is kept at the next welcome, and another one for another user", () => {
    const {open, FakeChannel} = channels();
    const profile = new Profile({BroadcastChannel: FakeChannel}, {told: () => undefined, guarded: () => undefined});
    profile.join("hub:a");
    const [first] = open;
    profile.join("hub:a");
    expect([...open]).toEqual([first]);
    profile.join("hub:b");
    expect([...open].map(({name}) => name)).toEqual(["hub:b"]);
  });
});

describe("two tabs of one profile", () => {
  const two = {popups: [entry("n2"), entry("n1")], inbox: [entry("n2"), entry("n1")], seq: 2, unread: 2};

  /** Two clients whose browser is one; what they say to the hub is each one's own. */
  async function tabs({locks = null, other = {}} = {}) {
    const {open, FakeChannel} = channels();
    const profile = {locks, BroadcastChannel: FakeChannel};
    const here = await connected({}, two, profile);
    const there = await scene(other, {}, profile);
    there.wires.last.open();
    there.wires.last.hear(welcome({seq: 2, elected: false}));
    await settled();
    return {here, there, open};
  }

  test("AMB-47: what one closes leaves the other before the hub tells", async () => {
    const {here, there} = await tabs();
    there.client.dismiss(["n1"]);
    expect(ids(here.client.popups)).toEqual(["n2"]);
    expect(here.heard.filter(([type]) => type === "closed")).toEqual([["closed", {ids: ["n1"]}]]);
    expect(here.client.unread).toBe(2);
    expect(here.wires.last.sent.some(({op}) => op === "dismiss")).toBe(false);
  });

  test("a pop-up that another tab closed does not come up, and the hub is told again", async () => {
    const {here, there} = await tabs();
    here.wires.last.lose(1006);
    here.client.dismissAll();
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect(there.client.popups).toEqual([]);
    expect(there.wires.last.sent.slice(-2)).toEqual([
      {op: "shown", ids: ["n1", "n2"]}, {op: "dismiss", ids: ["n1", "n2"], ref: 1},
    ]);
  });

  test("one that the hub refused to close comes back where it was, in both", async () => {
    const {here, there} = await tabs();
    there.client.dismiss(["n1"]);
    there.wires.last.hear({op: "error", ref: 1, code: "unavailable", message: "later"});
    expect(ids(here.client.popups).sort()).toEqual(["n1", "n2"]);
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect(ids(there.client.popups)).toEqual(["n1", "n2"]);
  });

  test("without a connection, what another tab shows is let go here", async () => {
    const {here, there} = await tabs();
    here.wires.last.lose(1006);
    expect(here.client.popups.length).toBe(2);
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect([here.client.popups, here.client.elected]).toEqual([[], false]);
  });

  test("with one, the hub's word stands", async () => {
    const {here, there} = await tabs();
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect(here.client.popups.length).toBe(2);
  });

  test("views tell each other what they like", async () => {
    const {here, there} = await tabs();
    const told = [];
    here.client.addEventListener("told", ({detail}) => told.push(detail));
    there.client.tell("left", {n1: 4000});
    expect(told).toEqual([{kind: "left", detail: {n1: 4000}}]);
  });

  test("AMB-17: a log-in-as session is told nothing, and tells nothing", async () => {
    const seen = token(1_900_000_000_000, "t", {act: {sub: "olga"}});
    const {here, there, open} = await tabs({other: {getToken: async () => seen}});
    expect(new Set([...open].map(({name}) => name)).size).toBe(2);
    there.client.dismiss(["n1"]);
    expect(here.client.popups.length).toBe(2);
  });

  test("a page that goes away leaves the others, so that the browser can keep it", async () => {
    const locks = new FakeLocks();
    const {here, open} = await tabs({locks});
    expect([open.size, locks.holder]).toEqual([2, expect.anything()]);
    here.page.fire("pagehide");
    await settled();
    expect([open.size, locks.holder]).toEqual([1, null]);
  });

  test("R-18: only one shows at a time, whatever the order in which they hear of the election", async () => {
    const locks = new FakeLocks();
    const {here, there} = await tabs({locks});
    expect(ids(here.client.popups)).toEqual(["n1", "n2"]);
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect(there.client.popups).toEqual([]);
    await settled();
    expect([ids(here.client.popups), ids(there.client.popups)]).toEqual([[], ["n1", "n2"]]);
    expect(here.heard.at(-1)).toEqual(["popups", {popups: [], added: [], removed: ["n1", "n2"], reason: "moved"}]);
    here.wires.last.hear({op: "elected", elected: false, popups: []});
    there.wires.last.hear({op: "elected", elected: false, popups: []});
    here.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    await settled();
    expect([ids(here.client.popups), ids(there.client.popups)]).toEqual([["n1", "n2"], []]);
  });

  test("shown is said at once, whoever has the lock", async () => {
    const {there} = await tabs({locks: new FakeLocks()});
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    expect(there.wires.last.sent.at(-1)).toEqual({op: "shown", ids: ["n1", "n2"]});
  });

  test("an offer that is handled late, after the hub elected another tab, does not come up", async () => {
    const {here, there} = await tabs({locks: new FakeLocks()});
    there.wires.last.hear({op: "elected", elected: true, popups: [...two.popups, entry("n3")]});
    await settled();
    here.heard.splice(0);
    here.wires.last.hear({op: "notify", seq: 3, popup: true, unread: 3, entry: entry("n3")});
    here.wires.last.hear({op: "elected", elected: false, popups: []});
    await settled();
    expect(here.types()).not.toContain("popups");
    expect(ids(there.client.popups)).toEqual(["n1", "n2", "n3"]);
  });

  test("an election that is handled late steals nothing", async () => {
    const locks = new FakeLocks();
    const {here, there} = await tabs({locks});
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    there.wires.last.hear({op: "elected", elected: false, popups: []});
    await settled();
    expect([ids(here.client.popups), there.types().includes("popups")]).toEqual([["n1", "n2"], false]);
    expect(locks.asked.map(([, how]) => how)).not.toContain("steal");
  });

  test("where the person is, what was stolen on an old word is taken back", async () => {
    const {here, there} = await tabs({locks: new FakeLocks()});
    there.wires.last.hear({op: "elected", elected: true, popups: two.popups});
    await settled();
    here.clock.pass(15_000);
    here.page.fire("pointerdown");
    await settled();
    expect([ids(here.client.popups), ids(there.client.popups)]).toEqual([["n1", "n2"], []]);
  });
});
