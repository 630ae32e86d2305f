import {expect, test} from "vitest";
import {backoff, between} from "../src/backoff.js";

test("full jitter: from half a second to a ceiling that doubles up to 20 s", () => {
  const widest = (attempt) => backoff(attempt, 0.999999);
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    expect(backoff(attempt, 0)).toBe(500);
    expect(widest(attempt)).toBeLessThanOrEqual(20_000);
  }
  expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => Math.round(widest(attempt) / 1000))).toEqual([1, 2, 4, 8, 16, 20, 20]);
});

test("ten thousand tabs that lost their hub at once come back evenly spread", () => {
  const perTenth = Array(10).fill(0);
  for (let tab = 0; tab < 10_000; tab += 1) perTenth[Math.floor((backoff(6, tab / 10_000) - 500) / 1950)] += 1;
  expect(perTenth.every((count) => count >= 999 && count <= 1001)).toBe(true);
});

test("chance decides where between", () => {
  expect(backoff(1, 0.5)).toBe(1250);
  expect(between([500, 5000], 0)).toBe(500);
  expect(between([500, 5000], 0.5)).toBe(2750);
  expect(between([500, 400], 0.9)).toBe(500);
});
