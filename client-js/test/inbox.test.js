import {expect, test} from "vitest";
import {Inbox} from "../src/inbox.js";
import {entry} from "./scene.js";

const made = (from, count) => Array.from({length: count}, (_, at) => entry(`n${from + at}`, {at: new Date((from + at) * 1000).toISOString()}));

test("keeps the newest 1000 of what happens, and whatever was asked for beyond", () => {
  const inbox = new Inbox();
  for (const each of made(1000, 1001)) inbox.add(each, 1);
  expect([inbox.entries.length, inbox.entries[0].id, inbox.entries.at(-1).id]).toEqual([1000, "n2000", "n1001"]);
  inbox.merge(made(901, 100), 1, true);
  expect([inbox.entries.length, inbox.entries.at(-1).id]).toEqual([1100, "n901"]);
  inbox.add(made(2001, 1)[0], 2);
  expect([inbox.entries.length, inbox.entries[0].id, inbox.entries.at(-1).id]).toEqual([1100, "n2001", "n902"]);
});
