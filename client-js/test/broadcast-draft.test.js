import {afterAll, beforeAll, describe, expect, test, vi} from "vitest";
import {EMPTY, faults, finished, measure, request} from "../src/broadcast-draft.js";
import {BROADCAST_WORDS} from "../src/broadcast-strings.js";
import {bring} from "../src/strings.js";

beforeAll(() => {
  vi.stubGlobal("document", {documentElement: {lang: "en"}}); // the language of numbers
  return bring("broadcast", BROADCAST_WORDS);
});
afterAll(() => void vi.unstubAllGlobals());

const now = new Date(2027, 2, 14, 22, 30);
const draft = (more) => ({...EMPTY, message: "Hi", groups: ["sales"], ...more});

test.each([
  ["", 0], ["  \n ", 0], [" a b ", 3], ["\u{1f600}\u{1f600}", 2], ["e\u0301", 2],
])("AMB-42: %j counts %i characters, as the hub counts them", (text, length) => {
  expect(measure(text)).toBe(length);
});

describe("what is missing is said before it is sent", () => {
  test.each([
    ["nothing", {}, []],
    ["a message", {message: " \n"}, [["message", "Write a message."]]],
    ["nothing of 2,000 characters", {message: "x".repeat(2_000)}, []],
    ["nothing of 2,000 and spaces around", {message: ` ${"x".repeat(2_000)} `}, []],
    ["3 characters less", {message: "x".repeat(2_003)}, [["message", "Too long by 3."]]],
    ["nothing of 2,000 faces", {message: "\u{1f600}".repeat(2_000)}, []],
    ["a group", {groups: []}, [["groups", "Choose a group."]]],
    ["a time", {until: "at"}, [["expires_at", "Say when."]]],
    ["nothing with a time", {until: "at", at: "2027-03-15T09:00"}, []],
    ["a message and a group", {message: "", groups: []}, [["message", "Write a message."], ["groups", "Choose a group."]]],
  ])("AMB-42: %s", (_, more, expected) => {
    expect(faults(draft(more)).map(({field, message}) => [field, message])).toEqual(expected);
  });
});

describe("the request", () => {
  test("leaves out what was left empty", () => {
    expect(JSON.parse(JSON.stringify(request(draft({title: "  ", url: " "}), now)))).toEqual({message: "Hi", groups: ["sales"]});
  });

  test("R-11: has what was written", () => {
    const body = request(draft({title: " Friday ", url: " https://crm.example/1 ", groups: ["sales", "support"]}), now);
    expect(body).toMatchObject({message: "Hi", title: "Friday", url: "https://crm.example/1", groups: ["sales", "support"]});
  });

  test.each([
    ["", "", undefined],
    ["hour", "", new Date(2027, 2, 14, 23, 30)],
    ["today", "", new Date(2027, 2, 15)],
    ["at", "2027-04-01T08:15", new Date(2027, 3, 1, 8, 15)],
  ])("E-23: taken down %j %s: a time with an offset", (until, at, expected) => {
    const {expires_at: said} = request(draft({until, at}), now);
    expect(said).toBe(expected?.toISOString());
  });
});

test.each([
  ["sent", 0, false], ["sent", 3, true], ["sending", 1, false], ["recalled", 0, true], ["expired", 0, true],
])("%s and closed by %i of 3: nothing can change any more: %s", (status, dismissed, expected) => {
  expect(finished({status, dismissed, recipients: 3})).toBe(expected);
});
