// @vitest-environment happy-dom
import {describe, expect, test} from "vitest";
import "../src/elements.js";
import {all, arrived, click, eachOnAnEmptyPage, getToken, hear, named, net, press, respond, sent, show} from "./page.js";
import {entry, settled} from "./scene.js";

eachOnAnEmptyPage();

const page = (items, next_cursor = null) => ({items, next_cursor, unread: 0});
const inbox = (...entries) => ({inbox: entries, seq: 9, unread: entries.filter(({state}) => state === "unread").length});

describe("<hub-bell>", () => {
  const rows = (host) => all(host, "li").map((row) => `${row.className} ${row.querySelector(".title").textContent}`.trim());

  test("its name says how many are unread", async () => {
    respond();
    const bell = await show("hub-bell");
    const button = bell.shadowRoot.querySelector("button");
    expect(button.getAttribute("aria-label")).toBe("Notifications");
    hear({op: "notify", seq: 1, popup: false, unread: 120, entry: entry("n1")});
    expect(button.getAttribute("aria-label")).toBe("Notifications, 120 unread");
    expect(bell.shadowRoot.querySelector(".count").textContent).toBe("99+");
  });

  test("opens a dialog with the inbox, reads on, marks read", async () => {
    const fetch = respond(
      {items: [entry("n3"), entry("n2", {state: "read"})], next_cursor: "older", unread: 1},
      {items: [entry("n1")], next_cursor: null, unread: 1},
    );
    const bell = await show("hub-bell", {unread: 1});
    const button = named(bell, "Notifications, 1 unread");
    click(button);
    await arrived();
    const dialog = bell.shadowRoot.querySelector("[role=dialog]");
    expect([dialog.hidden, dialog.getAttribute("aria-label"), button.getAttribute("aria-expanded")]).toEqual([false, "Notifications", "true"]);
    expect(rows(bell)).toEqual(["unread Title n3", "Title n2"]);
    click(named(bell, "Load more"));
    await settled();
    expect(fetch.paths()).toEqual(["GET v1/inbox?state=all", "GET v1/inbox?state=all&cursor=older"]);
    expect(rows(bell)).toEqual(["unread Title n3", "Title n2", "unread Title n1"]);
    expect(named(bell, "Load more").hidden).toBe(true);
    click(named(bell, "Mark as read: Title n3"));
    expect(sent("read")).toEqual([{op: "read", ids: ["n3"], ref: 1}]);
    click(named(bell, "Mark all as read"));
    expect(sent("read")[1]).toMatchObject({up_to: 0});
    const escape = new KeyboardEvent("keydown", {key: "Escape", cancelable: true});
    dialog.dispatchEvent(escape);
    expect([dialog.hidden, button.getAttribute("aria-expanded")]).toEqual([true, "false"]);
    expect(escape.defaultPrevented).toBe(true); // a dialog around it stays open
  });

  test("opens when the pop-ups of its hub have more, not when those of another have", async () => {
    respond({items: [], next_cursor: null, unread: 0});
    const bell = await show("hub-bell");
    const popups = await show("hub-popups");
    const other = document.body.appendChild(Object.assign(document.createElement("hub-popups"), {getToken}));
    const tell = (target) => target.dispatchEvent(new CustomEvent("hub-more", {bubbles: true, composed: true}));
    tell(other);
    expect(bell.isOpen).toBe(false);
    tell(popups);
    expect(bell.isOpen).toBe(true);
    bell.close();
    tell(document.body);
    expect(bell.isOpen).toBe(true);
  });

  test("says when it is empty, offline, or could not load", async () => {
    respond({items: [], next_cursor: null, unread: 0});
    const bell = await show("hub-bell");
    click(named(bell, "Notifications"));
    await arrived();
    const notice = bell.shadowRoot.querySelector(".notice");
    expect([bell.shadowRoot.querySelector(".empty").hidden, notice.hidden]).toEqual([false, true]);
    net.wires.last.lose(1006);
    expect(notice.textContent).toMatch(/Offline/);
  });

  test("says nothing about the inbox of nobody", async () => {
    const bell = document.createElement("hub-bell");
    document.body.append(bell);
    click(named(bell, "Notifications"));
    await arrived();
    expect(bell.shadowRoot.querySelector(".empty").hidden).toBe(true);
    expect(bell.shadowRoot.querySelector(".notice").textContent).toBe("Not signed in.");
  });

  test("opens at once, says that it loads, and has the inbox ready for who only reaches for it", async () => {
    respond(page([]));
    const [pressed, reached] = [await show("hub-bell"), await show("hub-bell")];
    click(pressed.shadowRoot.querySelector(".bell"));
    const dialog = pressed.shadowRoot.querySelector("[role=dialog]");
    expect([dialog.hidden, dialog.querySelector("[role=status]").textContent, pressed.shadowRoot.activeElement]).toEqual([false, "Loading…", dialog]);
    reached.shadowRoot.querySelector(".bell").dispatchEvent(new Event("pointerenter"));
    await arrived();
    expect(all(reached, "[role=tab]").length).toBe(3);
    expect(reached.shadowRoot.querySelector("[role=dialog]").hidden).toBe(true);
  });

  test("opens when 'N more' is pressed", async () => {
    respond({items: [], next_cursor: null, unread: 0});
    const bell = await show("hub-bell", {popups: [1, 2, 3, 4, 5].map((n) => entry(`n${n}`)), seq: 5});
    const popups = await show("hub-popups");
    click(named(popups, "1 more"));
    await arrived();
    expect(bell.shadowRoot.querySelector("[role=dialog]").hidden).toBe(false);
    document.body.dispatchEvent(new Event("pointerdown", {bubbles: true}));
    expect(bell.shadowRoot.querySelector("[role=dialog]").hidden).toBe(true);
  });

  /** Open the bell, with these answers to come, and give the bell. */
  async function opened(more, ...answers) {
    const fetch = respond(...answers);
    const bell = await show("hub-bell", more);
    click(bell.shadowRoot.querySelector(".bell"));
    await arrived();
    return {bell, fetch, tab: async (name) => {
      click(named(bell, name));
      await settled();
    }};
  }

  test("shows all, unread or archived entries; the arrow keys change between them", async () => {
    const read = entry("n2", {state: "read"});
    const {bell, fetch, tab} = await opened(inbox(entry("n3"), read), page([entry("n3"), read]), page([entry("n3")]), page([entry("n1", {state: "archived"})]));
    const tabs = all(bell, "[role=tab]");
    expect(tabs.map((each) => [each.textContent, each.getAttribute("aria-selected"), each.tabIndex])).toEqual(
      [["All", "true", 0], ["Unread", "false", -1], ["Archived", "false", -1]]);
    press(tabs[0], "ArrowRight");
    await settled();
    expect([rows(bell), bell.shadowRoot.activeElement, bell.shadowRoot.querySelector("[role=tabpanel]").getAttribute("aria-label")]).toEqual(
      [["unread Title n3"], tabs[1], "Unread"]);
    hear({op: "read", seq: 10, ids: ["n3"], unread: 0});
    expect(rows(bell)).toEqual([]);
    await tab("Archived");
    expect(rows(bell)).toEqual(["Title n1"]);
    expect(fetch.paths().slice(1)).toEqual(["GET v1/inbox?state=unread", "GET v1/inbox?state=archived"]);
    press(tabs[2], "End");
    press(tabs[2], "ArrowRight");
    expect(tabs[0].getAttribute("aria-selected")).toBe("true");
  });

  test("archives, and brings back what was archived by mistake", async () => {
    const done = (id) => ({changed: [id], unknown: [], unread: 0});
    const {bell, fetch} = await opened(inbox(entry("n1"), entry("n2")), page([entry("n2"), entry("n1")]), done("n2"), done("n2"));
    named(bell, "Archive: Title n2").focus();
    click(named(bell, "Archive: Title n2"));
    await settled();
    expect(rows(bell)).toEqual(["unread Title n1"]);
    expect(bell.shadowRoot.querySelector("[role=status]").textContent).toBe("Archived: Title n2");
    const undo = named(bell, "Undo");
    expect(bell.shadowRoot.activeElement).toBe(undo);
    click(undo);
    await settled();
    expect(rows(bell)).toEqual(["Title n2", "unread Title n1"]);
    expect([undo.hidden, fetch.paths().slice(1)]).toEqual([true, ["POST v1/inbox/archive", "POST v1/inbox/restore"]]);
  });

  test("the archive follows what other tabs do", async () => {
    const put = (id) => entry(id, {state: "archived"});
    const {bell, fetch, tab} = await opened(inbox(entry("n1"), entry("n2")), page([]), page([put("n3")]), page([put("n2"), put("n3")]));
    await tab("Archived");
    hear({op: "dismissed", seq: 10, ids: ["n1"], unread: 1});
    hear({op: "archived", seq: 11, ids: ["n2"], unread: 0});
    await settled();
    expect([rows(bell), fetch.mock.calls.length]).toEqual([["Title n2", "Title n3"], 3]);
    hear({op: "restored", seq: 12, ids: ["n2"], unread: 0});
    expect(rows(bell)).toEqual(["Title n3"]);
  });

  test("what could not be saved or loaded is said, and loading tried again", async () => {
    const {bell} = await opened(inbox(), new Error("offline"), page([entry("n1")]), new Error("offline"));
    const said = bell.shadowRoot.querySelector("[role=status]");
    expect(said.textContent).toBe("Notifications could not be loaded.");
    click(named(bell, "Try again"));
    expect(said.textContent).toBe("Loading…");
    await settled();
    expect([said.textContent, rows(bell)]).toEqual(["", ["unread Title n1"]]);
    click(named(bell, "Archive: Title n1"));
    await settled();
    expect([said.textContent, rows(bell)]).toEqual(["That could not be saved.", ["unread Title n1"]]);
  });

  test("C-18: entries of several accounts are told apart, and shown by account", async () => {
    const own = entry("n1");
    const boston = entry("n2", {account: "acme-boston"});
    const names = {accounts: ["acme-boston"], available: [{id: "acme-boston", name: "Acme Boston"}]};
    const {bell, fetch} = await opened(inbox(boston, own), names, page([boston, own]), page([boston]));
    await settled();
    const choice = bell.shadowRoot.querySelector("select");
    expect([choice.hidden, choice.getAttribute("aria-label"), [...choice.options].map(({text}) => text)]).toEqual(
      [false, "Account", ["All accounts", "Acme Boston", "My account"]]);
    expect(all(bell, ".meta")[0].textContent).toMatch(/ · Acme Boston/);
    choice.value = "acme-boston";
    choice.dispatchEvent(new Event("change"));
    await settled();
    expect([rows(bell), fetch.paths().at(-1)]).toEqual([["unread Title n2"], "GET v1/inbox?state=all&account=acme-boston"]);
  });

  test("one account alone needs no choice, and nobody is asked for names", async () => {
    const {bell, fetch} = await opened(inbox(entry("n1")), page([entry("n1")]));
    expect([bell.shadowRoot.querySelector("select").hidden, fetch.mock.calls.length]).toEqual([true, 1]);
  });

  test("says why one got it, when asked, and keeps that open while others come", async () => {
    const told = entry("n1", {reason: "You get it all."});
    const {bell} = await opened(inbox(told), page([told]));
    const why = named(bell, "Why did I get this? Title n1");
    const reason = all(bell, ".meta").at(-1);
    expect([why.getAttribute("aria-expanded"), reason.hidden]).toEqual(["false", true]);
    why.focus();
    click(why);
    hear({op: "notify", seq: 10, popup: false, unread: 2, entry: entry("n2")});
    expect([why.getAttribute("aria-expanded"), reason.hidden, reason.textContent]).toEqual(["true", false, "You get it all."]);
    expect([rows(bell).length, bell.shadowRoot.activeElement]).toEqual([2, why]);
  });

  test("older entries that another view loaded wait for their page", async () => {
    const {bell, tab} = await opened(inbox(entry("n3")), page([entry("n3")], "c1"), page([entry("n3"), entry("n1")]), page([entry("n3"), entry("n2", {state: "read"})], "c2"));
    await tab("Unread");
    expect(rows(bell)).toEqual(["unread Title n3", "unread Title n1"]);
    await tab("All");
    expect(rows(bell)).toEqual(["unread Title n3", "Title n2"]);
  });
});
