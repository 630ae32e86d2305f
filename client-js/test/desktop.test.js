// @vitest-environment happy-dom
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {desktopNotifications} from "../src/desktop.js";
import {connected} from "./client.js";
import {entry, settled} from "./scene.js";

let made;
let desktop;

/** A browser's notifications: `made` has all, `open` says which of them are there. */
class FakeNotification {
  static permission = "granted";
  static answer = "granted";
  static requestPermission = vi.fn(async () => { FakeNotification.permission = FakeNotification.answer; });
  open = true;
  constructor(title, options) {
    Object.assign(this, {title, ...options});
    made.push(this);
  }
  close() { this.open = false; }
}

const see = (state) => {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
};
const offered = (seq, id, more = {}) => ({op: "notify", seq, popup: true, unread: seq, entry: entry(id, more)});
const open = () => made.filter((shown) => shown.open).map(({tag}) => tag);

beforeEach(() => {
  made = [];
  FakeNotification.permission = "granted";
  FakeNotification.requestPermission.mockClear();
  vi.stubGlobal("Notification", FakeNotification);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  see("hidden");
});

afterEach(() => {
  desktop?.stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A connected client with desktop notifications. */
async function start(options, more) {
  const scene = await connected({}, more);
  desktop = desktopNotifications(scene.client, options);
  return {...scene, hear: (frame) => scene.wires.last.hear(frame)};
}

describe("what comes up while nobody sees the page", () => {
  test("is shown by the system, with the id as its tag", async () => {
    const {hear} = await start({icon: "/logo.png"});
    hear(offered(1, "n1", {sticky: true}));
    expect(made).toEqual([expect.objectContaining({
      title: "Title n1", body: "Body n1", tag: "n1", icon: "/logo.png", requireInteraction: true,
    })]);
  });

  test("not while the page is in sight, not in another tab than the elected, not what the page does not want", async () => {
    const {hear} = await start({isWanted: ({important}) => important});
    hear(offered(1, "n1"));
    hear({...offered(2, "n2", {important: true}), popup: false});
    see("visible");
    hear(offered(3, "n3", {important: true}));
    expect(made).toEqual([]);
    see("hidden");
    hear(offered(4, "n4", {important: true}));
    expect(open()).toEqual(["n4"]);
  });

  test("also when the hub offers it to this tab because another does not answer; but nothing old", async () => {
    const {hear, clock} = await start({}, {elected: false, seq: 1});
    vi.spyOn(Date, "now").mockImplementation(clock.now);
    hear({...offered(2, "n2"), popup: false});
    clock.pass(1500);
    hear({op: "elected", elected: true, popups: [entry("n2"), entry("n1")]});
    expect(open()).toEqual(["n2"]);
    hear({op: "elected", elected: false, popups: []});
    clock.pass(10_000);
    hear({op: "elected", elected: true, popups: [entry("n2"), entry("n1")]});
    expect(made.length).toBe(1);
  });
});

describe("they go", () => {
  test("when it is closed here or elsewhere, withdrawn, or moves to another tab", async () => {
    const {hear, client} = await start();
    for (const number of [1, 2, 3, 4]) hear(offered(number, `n${number}`));
    client.dismiss(["n1"]);
    hear({op: "dismissed", seq: 5, ids: ["n2"], unread: 2});
    hear({op: "recalled", seq: 6, ids: ["n3"], unread: 1});
    expect(open()).toEqual(["n4"]);
    hear({op: "elected", elected: false, popups: []});
    expect(open()).toEqual([]);
  });

  test("when the page is looked at, and when told to stop", async () => {
    const {hear} = await start();
    hear(offered(1, "n1"));
    see("visible");
    expect(open()).toEqual([]);
    see("hidden");
    hear(offered(2, "n2"));
    desktop.stop();
    hear(offered(3, "n3"));
    expect([open(), made.length]).toEqual([[], 2]);
  });

  test("not because the browser stops the page", async () => {
    const {hear, page} = await start();
    hear(offered(1, "n1"));
    page.fire("pagehide");
    expect(open()).toEqual(["n1"]);
  });
});

describe("a click", () => {
  const follow = async (url, prevent = false) => {
    const {hear, wires} = await start();
    vi.spyOn(window, "focus");
    vi.spyOn(location, "assign").mockImplementation(() => undefined);
    vi.stubGlobal("open", vi.fn());
    const heard = vi.fn((event) => prevent && event.preventDefault());
    document.addEventListener("hub-open", heard, {once: true});
    hear(offered(1, "n1", {url}));
    made[0].onclick();
    await settled();
    expect([heard.mock.calls[0][0].detail.entry.id, window.focus.mock.calls.length, open()]).toEqual(["n1", 1, []]);
    return [...location.assign.mock.calls, ...globalThis.open.mock.calls, wires.last.sent.at(-1).op];
  };

  const away = ["https://other.example/", "_blank", "noopener,noreferrer"];

  test.each([
    ["http://localhost:3000/c/7", ["http://localhost:3000/c/7"]], ["mailto:eve@example.com", ["mailto:eve@example.com"]],
    ["https://other.example/", away],
  ])("goes to %s, and closes the pop-up everywhere", async (url, gone) => {
    expect(await follow(url)).toEqual([gone, "dismiss"]);
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "https://"])("does not go to %s", async (url) => {
    expect(await follow(url)).toEqual(["dismiss"]);
  });

  test("goes nowhere where the page takes it over", async () => {
    expect(await follow(away[0], true)).toEqual(["dismiss"]);
  });

  test("without a link it only brings the page up, where the pop-up waits", async () => {
    expect(await follow(undefined)).toEqual(["shown"]);
  });
});

describe("without permission", () => {
  test("nothing is shown, and it says so", async () => {
    for (const state of ["default", "denied"]) {
      FakeNotification.permission = state;
      const {hear} = await start();
      hear(offered(1, "n1"));
      expect([made, desktop.state]).toEqual([[], state]);
    }
  });

  test("the person is asked once, and only out of a click", async () => {
    FakeNotification.permission = "default";
    await start();
    vi.stubGlobal("navigator", {userActivation: {isActive: false}});
    expect([await desktop.ask(), FakeNotification.requestPermission.mock.calls.length]).toEqual(["default", 0]);
    vi.stubGlobal("navigator", {userActivation: {isActive: true}});
    expect([await desktop.ask(), await desktop.ask()]).toEqual(["granted", "granted"]);
    expect(FakeNotification.requestPermission).toHaveBeenCalledTimes(1);
  });

  test("a browser that has none, or only for service workers", async () => {
    vi.stubGlobal("Notification", undefined);
    const {hear} = await start();
    hear(offered(1, "n1"));
    expect([desktop.state, await desktop.ask()]).toEqual(["unsupported", "unsupported"]);
    vi.stubGlobal("Notification", class { static permission = "granted"; constructor() { throw new TypeError("Illegal constructor"); } });
    hear(offered(2, "n2"));
    expect(desktop.state).toBe("unsupported");
  });
});
