import {readFileSync, readdirSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {CLOSE_CODES, claims, decode, encode, expiry, policy} from "../src/wire.js";
import {token} from "./scene.js";

const FOLDER = new URL("../../tests/wire/", import.meta.url);
const golden = readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => {
  return [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"))];
});

describe("golden frames", () => {
  test("every operation of the protocol has a file", () => {
    expect(golden.map(([op]) => op).sort()).toEqual([
      "ack", "archived", "bye", "dismiss", "dismissed", "elected", "error", "faded", "hello", "notify", "ping", "pong",
      "preferences", "read", "recalled", "restored", "shown", "state", "token", "welcome",
    ]);
  });

  test.each(golden)("%s", (op, {from_tab: fromTab, from_hub: fromHub}) => {
    expect(fromTab.length + fromHub.length).toBeGreaterThan(0);
    for (const frame of fromHub) expect(decode(JSON.stringify(frame))).toEqual({...frame, op});
    for (const frame of fromTab) expect(JSON.parse(encode(frame))).toEqual({...frame, op});
  });
});

describe("what is not a frame is ignored", () => {
  test.each([
    ["not JSON", "{"], ["not an object", "7"], ["null", "null"], ["a list", "[]"], ["unknown op", '{"op":"later"}'],
    ["a name every object has", '{"op":"constructor"}'], ["binary", new ArrayBuffer(2)],
    ["a notify without entry", '{"op":"notify","seq":1,"popup":true,"unread":1}'],
    ["a negative seq", '{"op":"dismissed","seq":-1,"ids":[],"unread":0}'],
    ["ids that are no texts", '{"op":"dismissed","seq":1,"ids":[1],"unread":0}'],
  ])("%s", (_, data) => expect(decode(data)).toBeNull());

  test("but more fields are welcome", () => {
    expect(decode('{"op":"ping","later":1}')).toEqual({op: "ping", later: 1});
  });
});

test("the range of a close code says what to do", () => {
  const known = Object.keys(CLOSE_CODES).map(Number);
  expect(known.filter((code) => policy(code) === "stop")).toEqual([4501, 4502, 4503, 4504, 4505]);
  expect(known.filter((code) => policy(code) === "refresh")).toEqual([4005]);
  expect([...known, 1009].filter((code) => policy(code) === "renew")).toEqual([4500, 1009]);
  for (const code of [1000, 1001, 1006, 1011, 1012, 4000, 4099, 4499]) expect(policy(code)).toBe("reconnect");
  expect(policy(4999)).toBe("stop");
});

test("a token tells who looks through another's eyes", () => {
  expect(claims(token(1_800_000_000_000, "t", {act: {sub: "olga"}})).act).toEqual({sub: "olga"});
  for (const other of ["", "a.b.c", `x.${btoa("null")}.y`]) expect(claims(other)).toEqual({});
});

test("a token tells when it ends, if it does", () => {
  expect(expiry(token(1_800_000_000_000))).toBe(1_800_000_000_000);
  for (const other of ["", "abc", "a.b.c", `x.${btoa("{}")}.y`]) expect(expiry(other)).toBeNull();
});
