import {describe, expect, test} from "vitest";
import {Session} from "../src/session.js";
import {entry, welcome} from "./scene.js";

/** Play frames to a session and keep what it says, as short lines. */
function play(session = new Session()) {
  const said = [];
  const told = [];
  const note = (commands) => {
    for (const command of commands) {
      if (command.do === "send") said.push(command.frame);
      else if (command.do === "emit") told.push([command.type, command.detail]);
      else told.push([command.do, command]);
    }
    return commands;
  };
  const heard = (frame) => note(session.receive(frame));
  const take = (list) => list.splice(0);
  return {session, heard, note, said: () => take(said), told: () => take(told), types: () => take(told).map(([type]) => type)};
}

const notify = (seq, id, more = {}) => ({op: "notify", seq, popup: true, unread: seq, entry: entry(id), ...more});
const ids = (entries) => entries.map(({id}) => id);

describe("the conversation of the contract", () => {
  test("pop-up, Shift-close, acknowledged", () => {
    const tab = play();
    tab.heard(welcome());
    tab.heard(notify(1, "n1"));
    tab.heard(notify(2, "n2"));
    expect(tab.said()).toEqual([{op: "shown", ids: ["n1"]}, {op: "shown", ids: ["n2"]}]);
    const {ref, commands} = tab.session.dismiss(["n1", "n2"]);
    tab.note(commands);
    expect(tab.said()).toEqual([{op: "dismiss", ids: ["n1", "n2"], ref}]);
    expect(tab.session.popups).toEqual([]);
    tab.heard({op: "ack", ref, changed: ["n1", "n2"], unknown: [], unread: 0});
    tab.heard({op: "dismissed", seq: 3, ids: ["n1", "n2"], unread: 0});
    expect(tab.session.unread).toBe(0);
    expect(tab.session.inbox.entries.map(({state}) => state)).toEqual(["read", "read"]);
    expect(tab.session.after).toEqual({epoch: "k3f", seq: 3});
  });

  test("dismissed may come before its ack", () => {
    const tab = play();
    tab.heard(welcome());
    tab.heard(notify(1, "n1"));
    const {ref} = tab.session.dismiss(["n1"]);
    tab.heard({op: "dismissed", seq: 2, ids: ["n1"], unread: 0});
    tab.told();
    tab.heard({op: "ack", ref, changed: ["n1"], unknown: [], unread: 0});
    expect(tab.told().find(([type]) => type === "settle")[1]).toMatchObject({ref, ack: {changed: ["n1"]}});
  });

  test("D-03: an election takes the pop-ups away and brings them", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n2"), entry("n1")], inbox: [entry("n2"), entry("n1")], seq: 2, unread: 2}));
    expect(ids(tab.session.popups)).toEqual(["n1", "n2"]);
    expect(tab.said()).toEqual([{op: "shown", ids: expect.arrayContaining(["n1", "n2"])}]);
    tab.told();
    tab.heard({op: "elected", elected: false, popups: []});
    expect(tab.told()).toEqual([
      ["elected", {elected: false, popups: []}],
      ["popups", {popups: [], added: [], removed: ["n1", "n2"], reason: "moved"}],
    ]);
    expect(tab.said()).toEqual([]);
    tab.heard({op: "elected", elected: true, popups: [entry("n1")]});
    expect(tab.said()).toEqual([{op: "shown", ids: ["n1"]}]);
    expect(tab.session.elected).toBe(true);
  });

  test("a frame for another tab is no pop-up here", () => {
    const tab = play();
    tab.heard(welcome({elected: false}));
    tab.heard(notify(1, "n1", {popup: false}));
    expect(tab.said()).toEqual([]);
    expect(tab.session.popups).toEqual([]);
    expect(tab.told().find(([type]) => type === "notification")[1]).toMatchObject({popup: false, entry: {id: "n1"}});
  });
});

describe("the numbered log", () => {
  test("nothing counts before the welcome", () => {
    const tab = play();
    expect(tab.heard(notify(1, "n1"))).toEqual([]);
    expect(tab.session.after).toBeNull();
  });

  test("seq at or below the last is ignored", () => {
    const tab = play();
    tab.heard(welcome({seq: 5}));
    expect(tab.heard(notify(5, "n5"))).toEqual([]);
    expect(tab.heard(notify(4, "n4"))).toEqual([]);
    expect(tab.session.popups).toEqual([]);
  });

  test("a gap asks to come back with what was applied last", () => {
    const tab = play();
    tab.heard(welcome({seq: 5}));
    expect(tab.heard(notify(7, "n7"))).toEqual([{do: "reconnect"}]);
    expect(tab.session.after).toEqual({epoch: "k3f", seq: 5});
  });

  test("recovered: the missing frames follow the welcome and are applied in order", () => {
    const tab = play();
    tab.heard(welcome({seq: 2, inbox: [entry("n1"), entry("n2")], unread: 2}));
    tab.heard(welcome({seq: 4, recovered: true, inbox: undefined, elected: false, unread: 1}));
    expect(tab.session.after.seq).toBe(2);
    tab.heard(notify(3, "n3", {popup: false}));
    tab.heard({op: "dismissed", seq: 4, ids: ["n1", "n2"], unread: 1});
    expect(tab.session.after.seq).toBe(4);
    expect(tab.session.inbox.entries.map(({id, state}) => `${id} ${state}`)).toEqual(["n3 unread", "n2 read", "n1 read"]);
  });

  test("not recovered: the snapshot replaces what was known, the epoch may be another", () => {
    const tab = play();
    tab.heard(welcome({seq: 9, inbox: [entry("n1")]}));
    tab.heard(welcome({epoch: "new", seq: 1, inbox: [entry("n9")], unread: 1}));
    expect(tab.session.after).toEqual({epoch: "new", seq: 1});
    expect(ids(tab.session.inbox.entries)).toEqual(["n9"]);
  });
});

describe("marks", () => {
  const known = () => {
    const tab = play();
    tab.heard(welcome());
    for (const number of [1, 2, 3]) tab.heard(notify(number, `n${number}`));
    tab.said();
    tab.told();
    return tab;
  };
  const states = (tab) => tab.session.inbox.entries.map(({id, state}) => `${id} ${state}`);

  test("read by ids leaves the pop-up on the screen", () => {
    const tab = known();
    tab.heard({op: "read", seq: 4, ids: ["n2"], unread: 2});
    expect(states(tab)).toEqual(["n3 unread", "n2 read", "n1 unread"]);
    expect(ids(tab.session.popups)).toEqual(["n1", "n2", "n3"]);
  });

  test("read up to a position", () => {
    const tab = known();
    tab.heard({op: "read", seq: 4, up_to: 2, unread: 1});
    expect(states(tab)).toEqual(["n3 unread", "n2 read", "n1 read"]);
    expect(tab.told().at(-1)).toEqual(["inbox", {stale: true}]);
  });

  test("recalled leaves the list and the screen", () => {
    const tab = known();
    tab.heard({op: "recalled", seq: 4, ids: ["n1"], unread: 2});
    expect(states(tab)).toEqual(["n3 unread", "n2 unread"]);
    expect(ids(tab.session.popups)).toEqual(["n2", "n3"]);
    expect(tab.told().map(([type]) => type)).toEqual(["popups", "closed", "unread", "inbox"]);
  });

  test("archived leaves the list, restored comes back read", () => {
    const tab = known();
    tab.heard({op: "archived", seq: 4, ids: ["n1"], unread: 2});
    expect(states(tab)).toEqual(["n3 unread", "n2 unread"]);
    tab.heard({op: "restored", seq: 5, ids: ["n1"], unread: 2});
    expect(states(tab)).toEqual(["n3 unread", "n2 unread", "n1 read"]);
    tab.heard({op: "restored", seq: 6, ids: ["unknown"], unread: 2});
    expect(tab.told().at(-1)).toEqual(["inbox", {stale: true}]);
  });

  test("faded: reported once, stays unread", () => {
    const tab = known();
    tab.note(tab.session.fade(["n1", "elsewhere"]));
    expect(tab.said()).toEqual([{op: "faded", ids: ["n1"]}]);
    expect(states(tab)).toContain("n1 unread");
    expect(tab.session.fade(["n1"])).toEqual([]);
  });

  test("preferences are handed on", () => {
    const tab = known();
    tab.heard({op: "preferences", preferences: {types: {}}});
    expect(tab.told()).toEqual([["preferences", {preferences: {types: {}}, roles: ["agent"]}]]);
    tab.heard({op: "preferences", preferences: {types: {}}, roles: ["manager"]});
    expect(tab.told().at(-1)).toEqual(["preferences", {preferences: {types: {}}, roles: ["manager"]}]);
  });
});

describe("wishes", () => {
  test("are sent again after a reconnect until acknowledged, and their pop-ups stay closed", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1"), entry("n2")], seq: 2}));
    tab.said();
    const {ref} = tab.session.dismiss(["n1"]);
    tab.heard(welcome({popups: [entry("n1"), entry("n2")], seq: 2, recovered: true}));
    expect(tab.said()).toEqual([{op: "shown", ids: ["n1", "n2"]}, {op: "dismiss", ids: ["n1"], ref}]);
    expect(ids(tab.session.popups)).toEqual(["n2"]);
    tab.heard({op: "ack", ref, changed: ["n1"], unknown: [], unread: 1});
    tab.heard(welcome({seq: 3, recovered: true}));
    expect(tab.said()).toEqual([]);
  });

  test("one that is refused brings its pop-up back", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1")], seq: 1}));
    const {ref} = tab.session.dismiss(["n1"]);
    tab.told();
    tab.heard({op: "error", ref, code: "unavailable", message: "later"});
    expect(tab.told().map(([type]) => type)).toEqual(["popups", "settle", "error"]);
    expect(ids(tab.session.popups)).toEqual(["n1"]);
  });

  test("an error without ref is told", () => {
    const tab = play();
    tab.heard(welcome());
    tab.told();
    tab.heard({op: "error", code: "invalid", message: "no"});
    expect(tab.told()).toEqual([["error", {code: "invalid", message: "no"}]]);
  });

  test("an acknowledged wish holds before the frame that tells all tabs", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1")], inbox: [entry("n1")], seq: 1, unread: 1}));
    const {ref} = tab.session.read(["n1"]);
    tab.heard({op: "ack", ref, changed: ["n1"], unknown: [], unread: 0});
    expect(tab.session.inbox.entries[0].state).toBe("read");
    expect(tab.session.unread).toBe(0);
  });

  test("AMB-17: what a log-in-as session put away comes without a number, and the log goes on", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1"), entry("n2")], inbox: [entry("n1"), entry("n2")], seq: 2, unread: 2}));
    tab.heard({op: "dismissed", ids: ["n1"], unread: 1});
    tab.heard({op: "read", ids: ["n2"], unread: 0});
    expect(ids(tab.session.popups)).toEqual(["n2"]);
    expect(tab.session.inbox.entries.map(({state}) => state)).toEqual(["read", "read"]);
    expect([tab.session.seq, tab.session.unread]).toEqual([2, 0]);
    tab.heard(notify(3, "n3", {unread: 1}));
    expect([tab.session.seq, tab.session.unread]).toEqual([3, 1]);
  });

  test("read takes ids or a position", () => {
    const tab = play();
    expect(tab.session.read(["a"]).commands[0].frame).toEqual({op: "read", ids: ["a"], ref: 1});
    expect(tab.session.read({upTo: 7}).commands[0].frame).toEqual({op: "read", up_to: 7, ref: 2});
  });
});

describe("what was closed", () => {
  const dismissed = (tab) => tab.said().filter(({op}) => op === "dismiss");

  test("does not come up again on an older word of the hub, which is told again", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1"), entry("n2")], seq: 2}));
    tab.note(tab.session.close(["n1"], "dismissed"));
    tab.heard({op: "elected", elected: true, popups: [entry("n1"), entry("n2")]});
    expect(ids(tab.session.popups)).toEqual(["n2"]);
    tab.heard({op: "elected", elected: true, popups: [entry("n1"), entry("n2")]});
    expect(dismissed(tab)).toEqual([{op: "dismiss", ids: ["n1"], ref: 1}]);
    tab.heard({op: "ack", ref: 1, changed: [], unknown: [], unread: 0});
    expect(ids(tab.session.popups)).toEqual(["n2"]);
  });

  test("before this tab heard of it at all", () => {
    const tab = play();
    tab.heard(welcome());
    tab.note(tab.session.close(["n1"], "dismissed"));
    tab.heard(notify(1, "n1"));
    expect(tab.session.popups).toEqual([]);
    expect(tab.session.inbox.entries.length).toBe(1);
  });

  test("faded is not closed: it comes up again where the hub says so", () => {
    const tab = play();
    tab.heard(welcome({popups: [entry("n1")], seq: 1}));
    tab.note(tab.session.fade(["n1"]));
    tab.heard({op: "elected", elected: true, popups: [entry("n1")]});
    expect(ids(tab.session.popups)).toEqual(["n1"]);
  });

  test("the last 500 are remembered", () => {
    const tab = play();
    tab.heard(welcome());
    for (let number = 0; number <= 500; number += 1) tab.session.close([`x${number}`], "dismissed");
    tab.heard({op: "elected", elected: true, popups: [entry("x0"), entry("x1")]});
    expect(ids(tab.session.popups)).toEqual(["x0"]);
  });
});

describe("beside other tabs of the profile", () => {
  const guarded = () => {
    const tab = play(new Session(true));
    tab.heard(welcome({popups: [entry("n1")], seq: 1}));
    return tab;
  };

  test("what the hub gives waits until no other tab shows it; `shown` does not", () => {
    const tab = guarded();
    expect([tab.session.popups, tab.said()]).toEqual([[], [{op: "shown", ids: ["n1"]}]]);
    tab.told();
    tab.heard(notify(2, "n2"));
    expect(tab.types()).toEqual(["notification", "unread", "inbox"]);
    tab.note(tab.session.guard(true));
    expect(tab.told()).toEqual([["popups", {
      popups: [entry("n1"), entry("n2")], added: [entry("n1"), entry("n2")], removed: [], reason: "elected",
    }]]);
  });

  test("what another tab takes leaves the screen, and comes back with its leave", () => {
    const tab = guarded();
    tab.session.guard(true);
    tab.told();
    tab.note(tab.session.guard(false));
    expect(tab.told()).toEqual([["popups", {popups: [], added: [], removed: ["n1"], reason: "moved"}]]);
    tab.heard({op: "dismissed", seq: 2, ids: ["n1"], unread: 0});
    tab.heard(notify(3, "n3"));
    tab.note(tab.session.guard(true));
    expect(ids(tab.session.popups)).toEqual(["n3"]);
  });

  test("a lost election ends the leave", () => {
    const tab = guarded();
    tab.session.guard(true);
    tab.heard({op: "elected", elected: false, popups: []});
    tab.heard({op: "elected", elected: true, popups: [entry("n1")]});
    expect(tab.session.popups).toEqual([]);
  });
});

test("a page that goes away lets go of its pop-ups without closing them", () => {
  const tab = play();
  tab.heard(welcome({popups: [entry("n1")], seq: 1}));
  tab.said();
  tab.note(tab.session.pause());
  expect(tab.said()).toEqual([]);
  expect(tab.session.popups).toEqual([]);
  expect(tab.session.elected).toBe(false);
  expect(tab.session.pause()).toEqual([]);
});
