// @vitest-environment happy-dom
import {afterEach, describe, expect, test, vi} from "vitest";
import {BROADCAST_WORDS} from "../src/broadcast-strings.js";
import "../src/elements.js";
import broadcast from "../src/locales/ru-broadcast.js";
import preferences from "../src/locales/ru-preferences.js";
import ru from "../src/locales/ru.js";
import {PREFERENCES_WORDS} from "../src/preferences-strings.js";
import {bring, languages, number, translate, words} from "../src/strings.js";
import {all, arrived, click, eachOnAnEmptyPage, hear, named, respond, show} from "./page.js";
import {entry} from "./scene.js";

eachOnAnEmptyPage();

const english = {...words};
afterEach(() => {
  document.documentElement.lang = "";
  translate(english);
});

test.each([["all", english, ru], ["broadcast", BROADCAST_WORDS, broadcast], ["preferences", PREFERENCES_WORDS, preferences]])(
  "%s: Russian says exactly what English says, and says it otherwise", (_name, said, other) => {
    expect(Object.keys(other).sort()).toEqual(Object.keys(said).sort());
    for (const [key, value] of Object.entries(said)) expect([key, typeof other[key], other[key].length]).toEqual([key, typeof value, typeof value === "function" ? value.length : other[key].length]);
    const same = Object.keys(said).filter((key) => typeof said[key] === "string" && said[key] === other[key]);
    expect(same).toEqual([]);
  });

test("numbers have the plural forms and the digits of the language", () => {
  expect([0, 1, 3, 5, 21, 22, 111].map((n) => ru.popupsNew(n))).toEqual([
    "0 новых уведомлений", "1 новое уведомление", "3 новых уведомления", "5 новых уведомлений",
    "21 новое уведомление", "22 новых уведомления", "111 новых уведомлений",
  ]);
  expect(ru.bellName(1200)).toBe("Уведомления, 1\u00a0200 непрочитанных");
  document.documentElement.lang = "de";
  expect(number(1200)).toBe("1,200");
});

test.each(["en_US", "en-", "ru_RU"])("a page whose lang is `%s`, which is no name of a language, has them in the words' own", (lang) => {
  document.documentElement.lang = lang;
  expect(number(1200)).toBe("1,200");
});

describe("a change of language", () => {
  test("draws the elements anew, with what they show", async () => {
    respond({items: [entry("n1")], next_cursor: null, unread: 1});
    const popups = await show("hub-popups", {popups: [entry("n1"), entry("n2")], inbox: [entry("n1")], seq: 2, unread: 1});
    const bell = await show("hub-bell");
    const away = document.createElement("hub-bell");
    translate(ru);
    expect(all(popups, "[role=group]").map((card) => card.getAttribute("aria-label"))).toEqual(["Title n1", "Title n2"]);
    expect(named(popups, "Закрыть уведомление: Title n1")).toBeTruthy();
    expect(named(popups, "Закрыть все").hidden).toBe(false);
    expect(popups.shadowRoot.querySelector("[role=region]").getAttribute("aria-label")).toBe("Уведомления");
    click(named(bell, "Уведомления, 1 непрочитанное"));
    await arrived();
    expect(named(bell, "Прочитать все")).toBeTruthy();
    expect(all(bell, "time")[0].textContent).toMatch(/назад|сейчас/);
    document.body.append(away);
    expect(named(away, "Уведомления")).toBeTruthy();
    hear({op: "dismissed", seq: 3, ids: ["n1", "n2"], unread: 0});
    expect(all(popups, "[role=group]")).toEqual([]);
  });

  test("does not keep elements that left the page", async () => {
    const listen = vi.spyOn(languages, "addEventListener");
    const bell = await show("hub-bell");
    expect(listen.mock.calls.map(([, , {signal}]) => signal.aborted)).toEqual([false]);
    bell.remove();
    expect(listen.mock.calls.map(([, , {signal}]) => signal.aborted)).toEqual([true]);
  });

  test("words of a part that comes later are in the language that is spoken, but for those that the page said, before or after", async () => {
    translate({...ru, broadcastSend: "Вперёд"});
    await bring("broadcast", BROADCAST_WORDS);
    translate({broadcastClose: "Хватит"});
    expect([words.broadcastTitle, words.broadcastSend, words.broadcastClose]).toEqual(["Заголовок", "Вперёд", "Хватит"]);
  });

  test("a language that is chosen late brings the words of the parts that are there", async () => {
    await bring("preferences", PREFERENCES_WORDS);
    expect(words.preferencesSaved).toBe("Saved.");
    translate(ru);
    await arrived();
    expect(words.preferencesSaved).toBe("Сохранено.");
  });

  test("a language that has no words for a part, or cannot bring them, leaves the English ones", async () => {
    translate({language: "de", later: {preferences: async () => { throw new TypeError("offline"); }}});
    await bring("preferences", PREFERENCES_WORDS);
    expect(words.preferencesSaved).toBe("Saved.");
  });

  test("what is left out stays as it is", async () => {
    translate({popupsCloseAll: "Clear"});
    const popups = await show("hub-popups", {popups: [entry("n1"), entry("n2")], seq: 2});
    expect([named(popups, "Clear").hidden, Boolean(named(popups, "Close notification: Title n1"))]).toEqual([false, true]);
  });
});
