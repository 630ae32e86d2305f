import {expect, test} from "vitest";
import {Unattended} from "../src/badge.js";
import {Fade, readingTime} from "../src/fade.js";

test("time to read: at least 6 s, a second more per 100 characters, at most 15 s", () => {
  const time = (length) => readingTime({title: "", body: "x".repeat(length)});
  expect([0, 100, 300, 5000].map(time)).toEqual([6000, 6000, 8000, 15000]);
  expect(readingTime({title: "t", body: null})).toBe(6000);
});

test("time runs only while it is let run", () => {
  const fade = new Fade();
  fade.add("a", 6000, 0);
  expect(fade.next(0)).toBeNull();
  expect(fade.due(60_000)).toEqual([]);
  fade.run(true, 60_000);
  expect(fade.next(61_000)).toBe(5000);
  fade.run(false, 64_000);
  fade.run(true, 100_000);
  expect(fade.next(100_000)).toBe(2000);
  expect(fade.due(101_999)).toEqual([]);
  expect(fade.due(102_000)).toEqual(["a"]);
  expect(fade.next(102_000)).toBeNull();
});

test("one that comes later stays its whole time", () => {
  const fade = new Fade();
  fade.run(true, 0);
  fade.add("a", 6000, 0);
  fade.add("b", 6000, 4000);
  fade.add("a", 6000, 5000);
  expect(fade.due(6000)).toEqual(["a"]);
  expect(fade.next(6000)).toBe(4000);
  fade.remove("b");
  expect(fade.due(20_000)).toEqual([]);
});

test("AMB-45: one that leaves and comes back goes on where it was", () => {
  const fade = new Fade();
  fade.run(true, 0);
  fade.add("a", 6000, 0);
  fade.add("b", 6000, 0);
  expect(fade.remove("a", 2500)).toBe(3500);
  expect(fade.remove("a", 2500)).toBeNull();
  fade.add("a", 6000, 10_000);
  expect(fade.next(10_000)).toBe(0);
  expect(fade.due(10_000)).toEqual(["b"]);
  expect(fade.next(10_000)).toBe(3500);
});

test("another tab's word on the time left counts, if it is less", () => {
  const fade = new Fade();
  fade.run(true, 0);
  fade.told("a", 1000, 0);
  fade.add("a", 6000, 0);
  fade.add("b", 6000, 0);
  fade.told("b", 2000, 1000);
  fade.told("b", 9000, 1000);
  expect(fade.due(1000)).toEqual(["a"]);
  expect(fade.next(1000)).toBe(2000);
  for (let n = 0; n < 101; n++) fade.told(`c${n}`, 1, 1000);
  fade.add("a", 6000, 1000);
  expect(fade.due(3000)).toEqual(["b"]);
});

test("R-20: the mark counts what came up unattended and is not dismissed", () => {
  const mark = new Unattended();
  mark.popups({added: [{id: "a"}], focused: true, elected: true});
  expect(mark.count).toBe(0);
  mark.popups({added: [{id: "b"}, {id: "c"}], focused: false, elected: true});
  mark.popups({added: [{id: "c"}], focused: false, elected: true});
  expect(mark.count).toBe(2);
  mark.closed(["b", "x"]);
  expect(mark.count).toBe(1);
  mark.popups({added: [], focused: true, elected: true});
  expect(mark.count).toBe(0);
  mark.popups({added: [{id: "d"}], focused: false, elected: true});
  mark.popups({added: [], focused: false, elected: false});
  expect(mark.count).toBe(0);
});

test("AMB-37: a sample counts in no title", () => {
  const mark = new Unattended();
  mark.popups({added: [{id: "n1", sample: true}, {id: "n2", sample: false}], focused: false, elected: true});
  expect(mark.count).toBe(1);
});
