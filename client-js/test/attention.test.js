import {describe, expect, test} from "vitest";
import {Attention} from "../src/attention.js";
import {Clock, FakePage} from "./scene.js";

/** Watch a fake page; `said` is what was reported, with the page's departures and returns. */
function watch(visibility = "visible", focus = true) {
  const page = new FakePage(visibility, focus);
  const clock = new Clock();
  const said = [];
  const attention = new Attention(page, {
    attentionChanged: (state) => said.push(state),
    pageLeft: () => said.push("left"),
    pageReturned: () => said.push("returned"),
  }, clock);
  attention.start();
  return {page, clock, said, attention};
}

test("the first look", () => {
  expect(watch("visible", true).attention.state).toBe("focused");
  expect(watch("visible", false).attention.state).toBe("visible");
  expect(watch("hidden", false).attention.state).toBe("hidden");
  expect(watch("hidden", true).attention.state).toBe("hidden");
});

// Recorded in Chromium 156: [event, visibilityState, hasFocus()] as they were when it fired.
const RECORDED = {
  "tab shown, visibility first": {
    from: ["hidden", false],
    events: [["visibilitychange", "visible", false], ["focus", "visible", true], ["focus", "visible", true]],
    said: ["visible", "returned", "focused"],
  },
  "tab shown, focus first while still hidden": {
    from: ["hidden", false],
    events: [["focus", "hidden", true], ["visibilitychange", "visible", true]],
    said: ["focused", "returned"],
  },
  "tab left": {
    from: ["visible", true],
    events: [["blur", "visible", false], ["visibilitychange", "hidden", false]],
    said: ["hidden"],
  },
  "address bar": {from: ["visible", true], events: [["blur", "visible", false]], said: ["visible"]},
  "into an iframe of the same page": {from: ["visible", true], events: [["blur", "visible", true]], said: []},
  "window restored under a window manager": {
    from: ["hidden", false],
    events: [
      ["visibilitychange", "visible", false], ["focus", "visible", true], ["blur", "visible", false],
      ["visibilitychange", "hidden", false], ["visibilitychange", "visible", false], ["blur", "visible", false],
      ["focus", "visible", true], ["focus", "visible", true],
    ],
    said: ["visible", "returned", "focused", "returned", "focused"],
  },
  "eight flips of a window manager, ended where they began": {
    from: ["visible", true],
    events: [
      ["blur", "visible", false], ["visibilitychange", "hidden", false], ["visibilitychange", "visible", false],
      ["focus", "visible", true], ["blur", "visible", false], ["visibilitychange", "hidden", true],
      ["visibilitychange", "visible", true], ["focus", "visible", true],
    ],
    // Never a demotion; a return each time, since another tab may have been elected meanwhile.
    said: ["returned", "focused", "focused", "returned"],
  },
  "into the back/forward cache": {
    from: ["visible", true],
    events: [["pagehide", "visible", true], ["visibilitychange", "hidden", true], ["freeze", "hidden", true]],
    said: ["left"],
  },
};

// From reports of others (no run of these browsers here): Firefox has no freeze and no resume, and a covered window stays
// visible; Safari may leave by a link with pagehide alone, and return with pageshow alone; iOS stops a page without a word.
const REPORTED = {
  "Firefox: tab left": {
    from: ["visible", true],
    events: [["visibilitychange", "hidden", true], ["blur", "hidden", false]],
    said: ["hidden"],
  },
  "Firefox: tab shown": {
    from: ["hidden", false],
    events: [["visibilitychange", "visible", false], ["focus", "visible", true]],
    said: ["visible", "returned", "focused"],
  },
  "Firefox: window covered by another, or the screen locked": {
    from: ["visible", true],
    events: [["blur", "visible", false]],
    said: ["visible"],
  },
  "Firefox: focus from the address bar back into the page": {
    from: ["visible", false],
    events: [["focus", "visible", true], ["focus", "visible", true]],
    said: ["focused"],
  },
  "Firefox: focus into a frame and out of it": {
    from: ["visible", true],
    events: [["blur", "visible", true], ["focus", "visible", true]],
    said: [],
  },
  "Safari: left by a link": {from: ["visible", true], events: [["pagehide", "visible", true]], said: ["left"]},
  "Safari: left by a link and back": {
    from: ["visible", true],
    events: [["pagehide", "visible", true], ["pageshow", "visible", true]],
    said: ["left", "focused", "returned"],
  },
  "Safari: back, and the focus comes later": {
    from: ["visible", true],
    events: [["pagehide", "visible", true], ["pageshow", "visible", false], ["focus", "visible", true]],
    said: ["left", "visible", "returned", "focused"],
  },
  "iOS: to another app and back": {
    from: ["visible", true],
    events: [["visibilitychange", "hidden", true], ["visibilitychange", "visible", true]],
    said: ["focused", "returned"],
  },
  "iOS: stopped without a word, back with focus only": {from: ["visible", true], events: [["focus", "visible", true]], said: []},
};

describe("recorded orders of events", () => {
  test.each(Object.entries(REPORTED))("%s", (_, {from, events, said}) => {
    const scene = watch(...from);
    for (const event of events) scene.page.fire(...event);
    scene.clock.pass(1000);
    expect(scene.said).toEqual(said);
  });

  test.each(Object.entries(RECORDED))("%s", (_, {from, events, said}) => {
    const scene = watch(...from);
    for (const event of events) scene.page.fire(...event);
    scene.clock.pass(1000);
    expect(scene.said).toEqual(said);
  });
});

test("back from the back/forward cache: told anew at the first sign of life", () => {
  const {page, clock, said, attention} = watch("visible", true);
  page.fire("pagehide");
  page.fire("visibilitychange", "hidden", true);
  page.fire("freeze");
  clock.pass(60_000);
  expect(said).toEqual(["left"]);
  page.fire("resume", "hidden", true);
  expect(said).toEqual(["left", "hidden", "returned"]);
  page.fire("visibilitychange", "visible", true);
  page.fire("pageshow");
  expect(said).toEqual(["left", "hidden", "returned", "focused", "returned", "returned"]);
  expect(attention.state).toBe("focused");
});

test("a promotion is told at once, a demotion after 200 ms of quiet", () => {
  const {page, clock, said} = watch("visible", true);
  page.fire("blur", "visible", false);
  clock.pass(199);
  page.fire("visibilitychange", "hidden", false);
  clock.pass(199);
  expect(said).toEqual([]);
  clock.pass(1);
  expect(said).toEqual(["hidden"]);
  page.fire("visibilitychange", "visible", true);
  expect(said).toEqual(["hidden", "focused", "returned"]);
});

test("a return before the leaving was told is told once: another tab may have been elected meanwhile", () => {
  const {page, clock, said} = watch("visible", true);
  page.fire("blur", "visible", false);
  clock.pass(100);
  page.fire("focus", "visible", true);
  page.fire("focus", "visible", true);
  clock.pass(1000);
  expect(said).toEqual(["focused"]);
});

test("frozen: said goodbye once, nothing is told until it is resumed", () => {
  const {page, clock, said, attention} = watch("hidden", false);
  page.fire("freeze");
  page.fire("pagehide");
  clock.pass(1000);
  expect(said).toEqual(["left"]);
  page.fire("resume");
  expect(said.at(-1)).toBe("returned");
  expect(attention.state).toBe("hidden");
});

test("acts are told at most once in 15 s, and only while focused", () => {
  const {page, clock, said} = watch("visible", true);
  page.fire("keydown");
  page.fire("pointerdown");
  expect(said).toEqual(["focused"]);
  clock.pass(14_999);
  page.fire("keydown");
  expect(said).toEqual(["focused"]);
  clock.pass(1);
  page.fire("pointerdown");
  expect(said).toEqual(["focused", "focused"]);
  page.fire("blur", "visible", false);
  clock.pass(60_000);
  page.fire("pointerdown");
  expect(said).toEqual(["focused", "focused", "visible"]);
});

test("stopped, it hears nothing", () => {
  const {page, clock, said, attention} = watch("visible", true);
  page.fire("blur", "visible", false);
  attention.stop();
  page.fire("visibilitychange", "hidden", false);
  page.fire("keydown");
  clock.pass(1000);
  expect(said).toEqual([]);
});
