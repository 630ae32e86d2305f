// @vitest-environment happy-dom
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import "../src/elements.js";
import {HubClient} from "../src/hub.js";
import {entry, settled, sockets, token, welcome} from "./scene.js";

let wires;
let issued;

beforeEach(() => {
  wires = sockets();
  issued = 0;
  vi.stubGlobal("WebSocket", wires.FakeSocket);
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  document.title = "CRM";
});

afterEach(async () => {
  document.body.replaceChildren();
  document.head.querySelectorAll("link").forEach((link) => link.remove());
  await settled();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const getToken = () => {
  issued += 1;
  return token(Date.now() + 3_600_000);
};

/** Put an element on the page and, for the first, say hello and welcome. */
async function show(tag, more = {}, properties = {}) {
  const made = document.createElement(tag);
  made.setAttribute("url", "https://hub.example");
  Object.assign(made, {getToken, ...properties});
  document.body.append(made);
  await settled();
  if (wires.last.readyState === 0) {
    wires.last.open();
    wires.last.hear(welcome(more));
  }
  return made;
}

const open = (...ids) => ({popups: ids.map((id) => entry(id)), inbox: ids.map((id) => entry(id)).reverse(), seq: ids.length, unread: ids.length});
const all = (host, selector) => [...host.shadowRoot.querySelectorAll(selector)];
const named = (host, name) => all(host, "button").find((button) => (button.getAttribute("aria-label") ?? button.textContent) === name);
const cards = (host) => all(host, "[role=group]").map((card) => card.getAttribute("aria-label"));
const sent = (op) => wires.last.sent.filter((frame) => frame.op === op);
const click = (button, options = {}) => button.dispatchEvent(new MouseEvent("click", {detail: 1, bubbles: true, ...options}));

describe("one connection per hub and page", () => {
  test("elements with the same url share it, whoever has the token", async () => {
    const bell = document.createElement("hub-bell");
    bell.setAttribute("url", "https://hub.example/");
    document.body.append(bell);
    await settled();
    expect(wires.made.length).toBe(0);
    const popups = await show("hub-popups", {unread: 2});
    expect(wires.made.length).toBe(1);
    expect(bell.client).toBe(popups.client);
    expect(issued).toBe(1);
  });

  test("a move within the page keeps it, leaving closes it", async () => {
    const popups = await show("hub-popups");
    const {client} = popups;
    const other = document.body.appendChild(document.createElement("div"));
    other.append(popups);
    await settled();
    expect(popups.client).toBe(client);
    popups.remove();
    await settled();
    expect(client.state).toBe("closed");
    expect(popups.client).toBeNull();
  });

  test("a client that is handed over is used and not closed", async () => {
    const client = new HubClient({url: "https://other.example", token: "t"});
    const popups = document.createElement("hub-popups");
    popups.client = client;
    document.body.append(popups);
    await settled();
    wires.last.open();
    wires.last.hear(welcome(open("n1")));
    expect(cards(popups)).toEqual(["Title n1"]);
    popups.remove();
    await settled();
    expect(client.state).toBe("connected");
    client.close();
  });
});

describe("<hub-popups>", () => {
  test("the region and its live regions are there from the start", async () => {
    const host = await show("hub-popups");
    expect(all(host, "[role=region]").map((region) => region.getAttribute("aria-label"))).toEqual(["Notifications"]);
    expect([...host.children].map((region) => [region.getAttribute("role"), region.textContent])).toEqual([["status", ""], ["alert", ""]]);
  });

  test("a pop-up is a group named by its title, with a close button", async () => {
    const host = await show("hub-popups", open("n1"));
    expect(cards(host)).toEqual(["Title n1"]);
    expect(named(host, "Close notification: Title n1")).toBeTruthy();
    expect(named(host, "Close all").hidden).toBe(true);
    click(named(host, "Close notification: Title n1"));
    expect(sent("dismiss")).toEqual([{op: "dismiss", ids: ["n1"], ref: 1}]);
    expect(cards(host)).toEqual([]);
  });

  test("text is text: no markup from the hub is rendered, no script address followed", async () => {
    const bad = entry("n1", {title: "<img src=x>", body: "<b>x</b>", html: "<b>x</b>", url: "javascript:alert(1)"});
    const host = await show("hub-popups", {popups: [bad], seq: 1});
    expect(all(host, "img, b, a")).toEqual([]);
    expect(cards(host)).toEqual(["<img src=x>"]);
  });

  test("a link is followed and the pop-up closed; the page may route it itself", async () => {
    const host = await show("hub-popups", {popups: [entry("n1", {url: "https://crm.example/7"})], seq: 1});
    const [link] = all(host, "a");
    expect([link.href, link.rel, link.target]).toEqual(["https://crm.example/7", "noopener noreferrer", "_blank"]);
    let opened;
    document.addEventListener("hub-open", (event) => { opened = event.detail.entry.id; event.preventDefault(); }, {once: true});
    const event = new MouseEvent("click", {bubbles: true, cancelable: true});
    link.dispatchEvent(event);
    expect([opened, event.defaultPrevented, sent("dismiss")[0].ids]).toEqual(["n1", true, ["n1"]]);
  });

  test("at most four on screen, the rest waits behind 'N more' and moves up", async () => {
    const host = await show("hub-popups", open("n1", "n2", "n3", "n4", "n5", "n6"));
    expect(cards(host)).toEqual(["Title n1", "Title n2", "Title n3", "Title n4"]);
    expect(named(host, "2 more").hidden).toBe(false);
    expect(sent("shown")[0].ids.length).toBe(6);
    click(named(host, "Close notification: Title n2"));
    expect(cards(host)).toEqual(["Title n1", "Title n3", "Title n4", "Title n5"]);
    expect(named(host, "1 more")).toBeTruthy();
  });

  test.each([
    ["Shift and the mouse", (host) => click(named(host, "Close notification: Title n1"), {shiftKey: true})],
    ["Shift and Enter", (host) => {
      const button = named(host, "Close notification: Title n1");
      button.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", shiftKey: true, bubbles: true, composed: true}));
      click(button, {detail: 0});
    }],
    ["Close all", (host) => click(named(host, "Close all"))],
  ])("R-23, AMB-46: %s closes all it holds, the waiting ones too, with one message", async (_, act) => {
    const host = await show("hub-popups", open("n1", "n2", "n3", "n4", "n5", "n6"));
    act(host);
    expect(sent("dismiss")).toEqual([{op: "dismiss", ids: ["n1", "n2", "n3", "n4", "n5", "n6"], ref: 1}]);
    expect(cards(host)).toEqual([]);
  });

  test("R-18: pop-ups leave with the election and come with it", async () => {
    const host = await show("hub-popups", open("n1", "n2"));
    wires.last.hear({op: "elected", elected: false, popups: []});
    expect(cards(host)).toEqual([]);
    expect(sent("dismiss")).toEqual([]);
    wires.last.hear({op: "elected", elected: true, popups: [entry("n2")]});
    expect(cards(host)).toEqual(["Title n2"]);
    wires.last.hear({op: "dismissed", seq: 3, ids: ["n2"], unread: 1});
    expect(cards(host)).toEqual([]);
  });

  test("Escape closes the pop-up that has the focus", async () => {
    const host = await show("hub-popups", open("n1", "n2"));
    const button = named(host, "Close notification: Title n1");
    button.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true, composed: true}));
    expect(sent("dismiss")[0].ids).toEqual(["n1"]);
  });

  test("a timed one fades after its time, a sticky one stays", async () => {
    vi.useFakeTimers({toFake: ["setTimeout", "clearTimeout", "Date"]});
    try {
      const host = document.createElement("hub-popups");
      host.setAttribute("url", "https://hub.example");
      host.getToken = getToken;
      document.body.append(host);
      await vi.advanceTimersByTimeAsync(0);
      wires.last.open();
      wires.last.hear(welcome({popups: [entry("n1"), entry("n2", {sticky: true})], seq: 2}));
      await vi.advanceTimersByTimeAsync(5_900);
      expect(cards(host).length).toBe(2);
      await vi.advanceTimersByTimeAsync(200);
      expect(cards(host)).toEqual(["Title n2"]);
      expect(sent("faded")).toEqual([{op: "faded", ids: ["n1"]}]);
      host.shadowRoot.querySelector("section").dispatchEvent(new Event("pointerenter"));
      wires.last.hear({op: "notify", seq: 3, popup: true, unread: 3, entry: entry("n3")});
      await vi.advanceTimersByTimeAsync(30_000);
      expect(cards(host)).toEqual(["Title n2", "Title n3"]);
      host.shadowRoot.querySelector("section").dispatchEvent(new Event("pointerleave"));
      await vi.advanceTimersByTimeAsync(6_100);
      expect(cards(host)).toEqual(["Title n2"]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the hotkey focuses the newest with a ring, whatever was used last, and the focus holds the timer", async () => {
    vi.useFakeTimers({toFake: ["setTimeout", "clearTimeout", "Date"]});
    try {
      const host = document.createElement("hub-popups");
      host.setAttribute("url", "https://hub.example");
      host.getToken = getToken;
      document.body.append(host);
      await vi.advanceTimersByTimeAsync(0);
      wires.last.open();
      wires.last.hear(welcome(open("n1", "n2")));
      const close = named(host, "Close notification: Title n2");
      const focus = vi.spyOn(close, "focus");
      document.dispatchEvent(new KeyboardEvent("keydown", {code: "KeyT", altKey: true}));
      expect(focus.mock.calls).toEqual([[{focusVisible: true}]]);
      expect(host.shadowRoot.activeElement).toBe(close);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(cards(host)).toEqual(["Title n1", "Title n2"]);
      wires.last.hear({op: "dismissed", seq: 3, ids: ["n2"], unread: 1});
      await vi.advanceTimersByTimeAsync(6_100);
      expect(cards(host)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a burst is announced as a number, in the light DOM, and then emptied", async () => {
    vi.useFakeTimers({toFake: ["setTimeout", "clearTimeout", "Date"]});
    try {
      const host = document.createElement("hub-popups");
      host.setAttribute("url", "https://hub.example");
      host.getToken = getToken;
      document.body.append(host);
      await vi.advanceTimersByTimeAsync(0);
      wires.last.open();
      wires.last.hear(welcome());
      wires.last.hear({op: "notify", seq: 1, popup: true, unread: 1, entry: entry("n1")});
      await vi.advanceTimersByTimeAsync(150);
      expect(host.querySelector("[role=status]").textContent).toBe("Title n1: Body n1");
      for (const seq of [2, 3, 4, 5]) wires.last.hear({op: "notify", seq, popup: true, unread: seq, entry: entry(`n${seq}`)});
      wires.last.hear({op: "notify", seq: 6, popup: true, unread: 6, entry: entry("n6", {important: true})});
      await vi.advanceTimersByTimeAsync(150);
      expect(host.querySelector("[role=status]").textContent).toBe("4 new notifications");
      expect(host.querySelector("[role=alert]").textContent).toBe("Title n6: Body n6");
      await vi.advanceTimersByTimeAsync(1_500);
      expect(host.textContent).toBe("");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the mark of an unattended pop-up", () => {
  const icons = () => [...document.querySelectorAll("link[rel~=icon]")].map((link) => link.getAttribute("href"));

  test("R-20: title and favicon, restored on focus", async () => {
    document.head.append(Object.assign(document.createElement("link"), {rel: "icon", href: "/own.svg"}));
    document.hasFocus.mockReturnValue(false);
    await show("hub-popups", {}, {});
    wires.last.hear({op: "notify", seq: 1, popup: true, unread: 1, entry: entry("n1")});
    wires.last.hear({op: "notify", seq: 2, popup: true, unread: 2, entry: entry("n2")});
    expect(document.title).toBe("(2) CRM");
    expect(icons()).toHaveLength(1);
    expect(icons()).not.toContain("/own.svg");
    document.title = "CRM: contacts";
    await settled();
    expect(document.title).toBe("(2) CRM: contacts");
    document.hasFocus.mockReturnValue(true);
    window.dispatchEvent(new Event("focus"));
    expect(document.title).toBe("CRM: contacts");
    expect(icons()).toEqual(["/own.svg"]);
  });

  test("restored when they are closed elsewhere or move to another tab", async () => {
    document.hasFocus.mockReturnValue(false);
    await show("hub-popups", open("n1", "n2"));
    expect(document.title).toBe("(2) CRM");
    wires.last.hear({op: "dismissed", seq: 3, ids: ["n1"], unread: 1});
    expect(document.title).toBe("(1) CRM");
    wires.last.hear({op: "elected", elected: false, popups: []});
    expect(document.title).toBe("CRM");
    expect(icons()).toEqual(["/favicon.ico"]);
  });
});

describe("<hub-bell>", () => {
  const respond = (...pages) => {
    const fetch = vi.fn(async () => ({ok: true, status: 200, json: async () => pages.shift()}));
    vi.stubGlobal("fetch", fetch);
    return fetch;
  };
  const rows = (host) => all(host, "li").map((row) => `${row.className} ${row.querySelector(".title").textContent}`.trim());

  test("its name says how many are unread", async () => {
    respond();
    const bell = await show("hub-bell");
    const button = bell.shadowRoot.querySelector("button");
    expect(button.getAttribute("aria-label")).toBe("Notifications");
    wires.last.hear({op: "notify", seq: 1, popup: false, unread: 120, entry: entry("n1")});
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
    await settled();
    const dialog = bell.shadowRoot.querySelector("[role=dialog]");
    expect([dialog.hidden, dialog.getAttribute("aria-label"), button.getAttribute("aria-expanded")]).toEqual([false, "Notifications", "true"]);
    expect(rows(bell)).toEqual(["unread Title n3", "Title n2"]);
    click(named(bell, "Load more"));
    await settled();
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(["https://hub.example/v1/inbox?state=all", "https://hub.example/v1/inbox?state=all&cursor=older"]);
    expect(rows(bell)).toEqual(["unread Title n3", "Title n2", "unread Title n1"]);
    expect(named(bell, "Load more").hidden).toBe(true);
    click(named(bell, "Mark as read: Title n3"));
    expect(sent("read")).toEqual([{op: "read", ids: ["n3"], ref: 1}]);
    click(named(bell, "Mark all as read"));
    expect(sent("read")[1]).toMatchObject({up_to: 0});
    dialog.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
    expect([dialog.hidden, button.getAttribute("aria-expanded")]).toEqual([true, "false"]);
  });

  test("says when it is empty, offline, or could not load", async () => {
    respond({items: [], next_cursor: null, unread: 0});
    const bell = await show("hub-bell");
    click(named(bell, "Notifications"));
    await settled();
    const notice = bell.shadowRoot.querySelector(".notice");
    expect([bell.shadowRoot.querySelector(".empty").hidden, notice.hidden]).toEqual([false, true]);
    wires.last.lose(1006);
    expect(notice.textContent).toMatch(/Offline/);
  });

  test("says nothing about the inbox of nobody", async () => {
    const bell = document.createElement("hub-bell");
    document.body.append(bell);
    click(named(bell, "Notifications"));
    expect(bell.shadowRoot.querySelector(".empty").hidden).toBe(true);
    expect(bell.shadowRoot.querySelector(".notice").textContent).toBe("Not signed in.");
  });

  test("opens when 'N more' is pressed", async () => {
    respond({items: [], next_cursor: null, unread: 0});
    const bell = await show("hub-bell", open("n1", "n2", "n3", "n4", "n5"));
    const popups = await show("hub-popups");
    click(named(popups, "1 more"));
    await settled();
    expect(bell.shadowRoot.querySelector("[role=dialog]").hidden).toBe(false);
    document.body.dispatchEvent(new Event("pointerdown", {bubbles: true}));
    expect(bell.shadowRoot.querySelector("[role=dialog]").hidden).toBe(true);
  });
});
