// @vitest-environment happy-dom
import {describe, expect, test, vi} from "vitest";
import "../src/elements.js";
import {HubClient} from "../src/hub.js";
import {all, click, eachOnAnEmptyPage, getToken, named, net, press, sent, show} from "./page.js";
import {entry, settled, welcome} from "./scene.js";

eachOnAnEmptyPage();

const open = (...ids) => ({popups: ids.map((id) => entry(id)), inbox: ids.map((id) => entry(id)).reverse(), seq: ids.length, unread: ids.length});
/** Show pop-ups whose time the test lets pass. */
async function showTimed(frame) {
  vi.useFakeTimers({toFake: ["setTimeout", "clearTimeout", "Date"]});
  const host = document.createElement("hub-popups");
  host.setAttribute("url", "https://hub.example");
  host.getToken = getToken;
  document.body.append(host);
  await vi.advanceTimersByTimeAsync(0);
  net.wires.last.open();
  net.wires.last.hear(frame);
  return host;
}

const cards = (host) => all(host, "[role=group]").map((card) => card.getAttribute("aria-label"));

describe("one connection per hub and page", () => {
  test("elements with the same url share it, whoever has the token", async () => {
    const bell = document.createElement("hub-bell");
    bell.setAttribute("url", "https://hub.example/");
    document.body.append(bell);
    await settled();
    expect(net.wires.made.length).toBe(0);
    const popups = await show("hub-popups", {unread: 2});
    expect(net.wires.made.length).toBe(1);
    expect(bell.client).toBe(popups.client);
    expect(net.issued).toBe(1);
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
    net.wires.last.open();
    net.wires.last.hear(welcome(open("n1")));
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

  test("text is text: no markup is rendered, no script address followed", async () => {
    const bad = entry("n1", {title: "<img src=x>", body: "<b>x</b>", url: "javascript:alert(1)"});
    const host = await show("hub-popups", {popups: [bad], seq: 1});
    expect(all(host, "img, b, a")).toEqual([]);
    expect(cards(host)).toEqual(["<img src=x>"]);
  });

  test("D-05: what a broadcast set in bold and linked is, and nothing else", async () => {
    const html = 'Read <b>now</b>: <a href="https://crm.example/plan?a=1&amp;b=2">the plan</a> &lt;img src=x&gt;';
    const host = await show("hub-popups", {popups: [entry("n1", {html, sender: "Dan"})], seq: 1});
    const [body] = all(host, ".body");
    expect(body.textContent).toBe("Read now: the plan <img src=x>");
    expect([...body.children].map(({tagName, href, rel}) => [tagName, href, rel])).toEqual([
      ["B", undefined, undefined], ["A", "https://crm.example/plan?a=1&b=2", "noopener noreferrer"],
    ]);
    expect(all(host, ".meta")[0].textContent).toMatch(/^from Dan · /);
  });

  test("R-15, AMB-37: importance and a sample are told in words", async () => {
    const host = await show("hub-popups", {popups: [entry("n1", {important: true, sample: true}), entry("n2")], seq: 2});
    expect(all(host, ".badge").map((badge) => badge.textContent)).toEqual(["Important", "Sample"]);
  });

  test("a timed one is pushed aside by a finger, not by the mouse; a sticky one only by its button", async () => {
    const host = await show("hub-popups", {popups: [entry("n1"), entry("n2", {sticky: true})], seq: 2});
    const push = (card, pointerType, by) => {
      const at = (type, clientX) => card.dispatchEvent(Object.assign(new Event(type, {bubbles: true}), {pointerType, clientX}));
      at("pointerdown", 10);
      at("pointermove", 10 + by);
      at("pointerup", 10 + by);
    };
    const [timed, sticky] = all(host, "[role=group]");
    push(timed, "mouse", 100);
    push(timed, "touch", 45);
    push(sticky, "touch", 100);
    expect([cards(host).length, timed.style.getPropertyValue("translate")]).toEqual([2, ""]);
    push(timed, "touch", -46);
    expect(cards(host)).toEqual(["Title n2"]);
    expect(sent("dismiss")[0].ids).toEqual(["n1"]);
  });

  test("AMB-45: a timed one that comes back goes on where it was, here or in another tab of the profile", async () => {
    try {
      const host = await showTimed(welcome({popups: [entry("n1"), entry("n2")], seq: 2}));
      const tell = vi.spyOn(host.client, "tell");
      await vi.advanceTimersByTimeAsync(4_000);
      net.wires.last.hear({op: "elected", elected: false, popups: []});
      expect(tell).toHaveBeenCalledWith("left", {id: "n1", left: 2_000});
      host.client.dispatchEvent(new CustomEvent("told", {detail: {kind: "left", detail: {id: "n2", left: 500}}}));
      await vi.advanceTimersByTimeAsync(10_000);
      net.wires.last.hear({op: "elected", elected: true, popups: [entry("n1"), entry("n2")]});
      await vi.advanceTimersByTimeAsync(600);
      expect(cards(host)).toEqual(["Title n1"]);
      await vi.advanceTimersByTimeAsync(1_500);
      expect(cards(host)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("WCAG 2.4.11: they step aside for what has the focus", async () => {
    const host = await show("hub-popups", open("n1"));
    const field = document.body.appendChild(document.createElement("input"));
    vi.spyOn(field, "getBoundingClientRect").mockReturnValue({left: 150, top: 150, right: 250, bottom: 190});
    let covered = 180;
    document.elementFromPoint = (x, y) => (y < covered ? host : field);
    field.focus();
    expect(host.hasAttribute("data-aside")).toBe(false);
    field.blur();
    covered = 200;
    field.focus();
    expect(host.hasAttribute("data-aside")).toBe(true);
    click(named(host, "Close notification: Title n1"));
    expect(host.hasAttribute("data-aside")).toBe(false);
    delete document.elementFromPoint;
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
    net.wires.last.hear({op: "elected", elected: false, popups: []});
    expect(cards(host)).toEqual([]);
    expect(sent("dismiss")).toEqual([]);
    net.wires.last.hear({op: "elected", elected: true, popups: [entry("n2")]});
    expect(cards(host)).toEqual(["Title n2"]);
    net.wires.last.hear({op: "dismissed", seq: 3, ids: ["n2"], unread: 1});
    expect(cards(host)).toEqual([]);
  });

  test("Escape closes the pop-up that has the focus", async () => {
    const host = await show("hub-popups", open("n1", "n2"));
    const button = named(host, "Close notification: Title n1");
    press(button, "Escape");
    expect(sent("dismiss")[0].ids).toEqual(["n1"]);
  });

  test("inside a modal dialog \"N more\" opens nothing: the bell is out of reach", async () => {
    const host = await show("hub-popups", open("n1", "n2", "n3", "n4", "n5"));
    const more = named(host, "1 more");
    const dialog = document.body.appendChild(document.createElement("dialog"));
    const all = document.querySelectorAll.bind(document);
    vi.spyOn(document, "querySelectorAll").mockImplementation((selector) => (selector.includes(":modal") ? all("dialog[open]") : all(selector)));
    expect(more.disabled).toBe(false);
    dialog.toggleAttribute("open", true);
    await settled();
    expect([host.parentNode === dialog, more.disabled]).toEqual([true, true]);
  });

  test("Escape closes nothing else, such as a dialog around it", async () => {
    const host = await show("hub-popups", open("n1"));
    const event = new KeyboardEvent("keydown", {key: "Escape", bubbles: true, composed: true, cancelable: true});
    named(host, "Close notification: Title n1").dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
  });

  test("what another tab of the person tells, whatever it is, is no fault", async () => {
    const host = await show("hub-popups", open("n1"));
    const faults = vi.fn((event) => event.preventDefault());
    window.addEventListener("error", faults);
    host.client.dispatchEvent(new CustomEvent("told", {detail: {kind: "hello", detail: undefined}}));
    window.removeEventListener("error", faults);
    expect(faults).not.toHaveBeenCalled();
  });

  test("a timed one fades after its time, a sticky one stays", async () => {
    try {
      const host = await showTimed(welcome({popups: [entry("n1"), entry("n2", {sticky: true})], seq: 2}));
      await vi.advanceTimersByTimeAsync(5_900);
      expect(cards(host).length).toBe(2);
      await vi.advanceTimersByTimeAsync(200);
      expect(cards(host)).toEqual(["Title n2"]);
      expect(sent("faded")).toEqual([{op: "faded", ids: ["n1"]}]);
      host.shadowRoot.querySelector("section").dispatchEvent(new Event("pointerenter"));
      net.wires.last.hear({op: "notify", seq: 3, popup: true, unread: 3, entry: entry("n3")});
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
    try {
      const host = await showTimed(welcome(open("n1", "n2")));
      const close = named(host, "Close notification: Title n2");
      const focus = vi.spyOn(close, "focus");
      document.dispatchEvent(new KeyboardEvent("keydown", {code: "KeyT", altKey: true}));
      expect(focus.mock.calls).toEqual([[{focusVisible: true}]]);
      expect(host.shadowRoot.activeElement).toBe(close);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(cards(host)).toEqual(["Title n1", "Title n2"]);
      net.wires.last.hear({op: "dismissed", seq: 3, ids: ["n2"], unread: 1});
      await vi.advanceTimersByTimeAsync(6_100);
      expect(cards(host)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a burst is announced as a number, in the light DOM, and then emptied", async () => {
    try {
      const host = await showTimed(welcome());
      net.wires.last.hear({op: "notify", seq: 1, popup: true, unread: 1, entry: entry("n1")});
      await vi.advanceTimersByTimeAsync(150);
      expect(host.querySelector("[role=status]").textContent).toBe("Title n1: Body n1");
      for (const seq of [2, 3, 4, 5]) net.wires.last.hear({op: "notify", seq, popup: true, unread: seq, entry: entry(`n${seq}`)});
      net.wires.last.hear({op: "notify", seq: 6, popup: true, unread: 6, entry: entry("n6", {important: true})});
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
    net.wires.last.hear({op: "notify", seq: 1, popup: true, unread: 1, entry: entry("n1")});
    net.wires.last.hear({op: "notify", seq: 2, popup: true, unread: 2, entry: entry("n2")});
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

  test("a page that adds to its own title takes no second mark along; an installed app's icon counts what is unread", async () => {
    const mark = vi.fn(async () => { throw new Error("not installed"); });
    vi.stubGlobal("navigator", {setAppBadge: mark});
    document.hasFocus.mockReturnValue(false);
    await show("hub-popups", {}, {});
    net.wires.last.hear({op: "notify", seq: 1, popup: true, unread: 7, entry: entry("n1")});
    document.title += " · Eve";
    await settled();
    expect([document.title, mark.mock.calls]).toEqual(["(1) CRM · Eve", [[7]]]);
  });

  test("restored when they are closed elsewhere or move to another tab", async () => {
    document.hasFocus.mockReturnValue(false);
    await show("hub-popups", open("n1", "n2"));
    expect(document.title).toBe("(2) CRM");
    net.wires.last.hear({op: "dismissed", seq: 3, ids: ["n1"], unread: 1});
    expect(document.title).toBe("(1) CRM");
    net.wires.last.hear({op: "elected", elected: false, popups: []});
    expect(document.title).toBe("CRM");
    expect(icons()).toEqual(["/favicon.ico"]);
  });

  test("two hubs on one page have one mark between them", async () => {
    document.hasFocus.mockReturnValue(false);
    await show("hub-popups", open("n1"));
    const other = Object.assign(document.createElement("hub-popups"), {getToken});
    other.setAttribute("url", "https://other.example");
    document.body.append(other);
    await settled();
    const [one, two] = net.wires.made;
    two.open();
    two.hear(welcome(open("m1", "m2")));
    await settled();
    expect([document.title, icons().length]).toEqual(["(3) CRM", 1]);
    one.hear({op: "dismissed", seq: 2, ids: ["n1"], unread: 0});
    await settled();
    expect(document.title).toBe("(2) CRM");
    other.remove();
    await settled();
    expect([document.title, icons()]).toEqual(["CRM", ["/favicon.ico"]]);
  });
});
