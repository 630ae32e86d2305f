import {describe, expect, test} from "vitest";
import {cellsOf, grouped, isLocked, listed, merged, numberOf, offers, OPTIONS, rowOf, share, turned} from "../src/preferences-rules.js";

const type = (id, more = {}) => ({id, title: id, category: "contact", description: "", channels: ["system", "text", "email"], au: true, strongly_encouraged: false, mandatory: false, ...more});
const LEAD = type("new_lead");
const BULK = type("bulk", {channels: ["system"], au: false});
const NOTICE = type("notice", {channels: ["system", "email"], au: false, mandatory: true});

describe("what a type offers", () => {
  test("C-13, AMB-18: options are those of its channels, Only mine is its own", () => {
    expect(OPTIONS.filter((option) => offers(LEAD, option))).toEqual(["system", "au", "text", "email"]);
    expect(OPTIONS.filter((option) => offers(BULK, option))).toEqual(["system"]);
  });

  test("AMB-41: what is mandatory is locked in the app, its e-mail is not", () => {
    expect(OPTIONS.filter((option) => isLocked(NOTICE, option))).toEqual(["system"]);
    expect(cellsOf([NOTICE], ...OPTIONS)).toEqual([["notice", "email"]]);
  });

  test("a column has the cells that are offered and may be changed", () => {
    expect(cellsOf([LEAD, BULK, NOTICE], "system")).toEqual([["new_lead", "system"], ["bulk", "system"]]);
    expect(cellsOf([LEAD, BULK], "text")).toEqual([["new_lead", "text"]]);
  });

  test("AMB-03: all of a row turns on the channels, and turns off Only mine too, which alone lets a type through", () => {
    expect(rowOf(LEAD).on.map(([, option]) => option)).toEqual(["system", "text", "email"]);
    expect(rowOf(LEAD).off.map(([, option]) => option)).toEqual(["system", "au", "text", "email"]);
  });

  test("types are grouped in the order in which their categories come up", () => {
    const types = [type("a", {category: "voice"}), LEAD, type("b", {category: "voice"})];
    expect([...grouped(types)].map(([category, members]) => [category, members.map(({id}) => id)])).toEqual([["voice", ["a", "b"]], ["contact", ["new_lead"]]]);
  });
});

describe("changes", () => {
  const preferences = {
    types: {new_lead: {system: true, au: false, text: false, email: true}, bulk: {system: true}},
    channels: {text: {enabled: true, custom_number: null}, email: {enabled: true, copy: true}}, quiet_hours: {from: "22:00", to: "07:00", time_zone: "UTC"},
  };

  test("a share says whether cells are on, off or mixed", () => {
    expect(share(preferences, [["new_lead", "system"], ["bulk", "system"]])).toBe(1);
    expect(share(preferences, [["new_lead", "system"], ["new_lead", "text"]])).toBe(0.5);
    expect(share(preferences, [["gone", "system"]])).toBe(0);
  });

  test("a patch names each type once", () => {
    expect(turned([["a", "text"], ["a", "email"], ["b", "text"]], true)).toEqual({types: {a: {text: true, email: true}, b: {text: true}}});
  });

  test("merging touches what is named and leaves the original alone", () => {
    const before = structuredClone(preferences);
    const after = merged(preferences, {types: {new_lead: {text: true}}, channels: {text: {custom_number: "+12025550100"}}});
    expect(after.types.new_lead).toEqual({system: true, au: false, text: true, email: true});
    expect(after.channels).toEqual({text: {enabled: true, custom_number: "+12025550100"}, email: {enabled: true, copy: true}});
    expect(merged(after, {channels: {text: {custom_number: null}}}).channels.text.custom_number).toBeNull();
    expect(preferences).toEqual(before);
  });

  test("quiet hours are one value, as they are at the hub", () => {
    expect(merged(preferences, {quiet_hours: {from: "20:00", to: "06:00"}}).quiet_hours).toEqual({from: "20:00", to: "06:00"});
    expect(merged(preferences, {quiet_hours: null}).quiet_hours).toBeNull();
    expect(merged({...preferences, quiet_hours: null}, {quiet_hours: {from: "20:00", to: "06:00"}}).quiet_hours).toEqual({from: "20:00", to: "06:00"});
  });

  test("a list takes an id once and lets go of it", () => {
    expect(listed(["a"], "b", true)).toEqual(["a", "b"]);
    expect(listed(["a", "b"], "a", false)).toEqual(["b"]);
  });

  test.each([["+1 (202) 555-01.00", "+12025550100"], ["  ", null], ["", null]])("AMB-36: the number %j is %j", (typed, wanted) => {
    expect(numberOf(typed)).toBe(wanted);
  });
});
