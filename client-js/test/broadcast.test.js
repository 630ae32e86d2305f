// @vitest-environment happy-dom
import {describe, expect, test, vi} from "vitest";
import {translate, words} from "../src/strings.js";
import {all, answer, answers, asked, choose, confirmed, GROUPS, input, isSeen, named, one, opened, posts, press, SENT, show, status, wires, write, wrongs} from "./broadcast-page.js";
import {arrived} from "./page.js";
import {settled, welcome} from "./scene.js";

describe("who may", () => {
  test.each([[["manager"], true], [["admin"], true], [["agent"], false], [["billing_admin", "salesperson"], false], [[], false]])(
    "R-10, AMB-40: %j: %s", async (roles, expected) => {
      const host = await show(roles);
      expect(Boolean(named(host, "Create notification"))).toBe(expected);
      host.open();
      await arrived();
      expect(one(host, "dialog")?.open ?? false).toBe(expected);
    });

  test("AMB-40: the button comes and goes with the role, and takes an open dialog along", async () => {
    const host = await show(["agent"]);
    wires.last.hear({op: "preferences", preferences: {}, roles: ["agent", "manager"]});
    named(host, "Create notification").click();
    await arrived();
    expect(one(host, "dialog").open).toBe(true);
    expect(host.hasAttribute("open")).toBe(true);
    wires.last.hear({op: "preferences", preferences: {}, roles: ["agent"]});
    expect(named(host, "Create notification")).toBeUndefined();
    expect(one(host, "dialog").open).toBe(false);
    expect(host.hasAttribute("open")).toBe(false);
  });

  test("the dialog is fetched for who reaches for the button, and opens for who pressed it", async () => {
    const [reaching, pressing, leaving] = [await show(), await show(), await show()];
    for (const host of [reaching, pressing, leaving]) expect(one(host, "dialog")).toBeNull();
    named(reaching, "Create notification").dispatchEvent(new Event("pointerenter"));
    named(leaving, "Create notification").click();
    leaving.close();
    named(pressing, "Create notification").click();
    expect([reaching, pressing].map((host) => isSeen(one(host, ".notice")))).toEqual([false, true]);
    await arrived();
    expect([reaching, pressing, leaving].map((host) => one(host, "dialog").open)).toEqual([false, true, false]);
    expect(one(pressing, ".notice")).toBeNull();
  });

  test("a draft is nobody else's", async () => {
    const host = await opened();
    write(host, "Secret");
    wires.last.hear(welcome({user: "dan", roles: ["admin"]}));
    expect(one(host, "#message").value).toBe("");
    expect(one(host, "dialog").open).toBe(false);
  });
});

describe("writing", () => {
  test("R-11: the fields are named as the contract says", async () => {
    const host = await opened();
    const label = (id) => one(host, `label[for=${id}]`).textContent;
    expect([label("title"), label("message"), label("url"), label("expires_at")]).toEqual(["Title", "Message", "Link", "Take down"]);
    expect(all(host, "[type=checkbox]").map((box) => box.closest("label").textContent)).toEqual(["Sales", "Support", "nameless"]);
    expect(host.shadowRoot.activeElement.id).toBe("message");
  });

  test("all pages of the groups are read", async () => {
    answers["GET v1/groups"] = ({search}) => (search.includes("cursor=next")
      ? {items: [{id: "z", name: "Zebra"}], next_cursor: null} : {items: GROUPS, next_cursor: "next"});
    const host = await opened();
    expect(all(host, "[type=checkbox]").length).toBe(4);
  });

  test("more than ten groups can be searched, and a chosen one stays chosen out of sight", async () => {
    answers["GET v1/groups"] = {items: Array.from({length: 11}, (_, i) => ({id: `g${i}`, name: `Group ${i}`})), next_cursor: null};
    const host = await opened();
    const find = one(host, "[type=search]");
    await choose(host, "g3");
    find.value = " GROUP 1";
    input(find);
    expect(all(host, ".groups label").filter(isSeen).map((label) => label.textContent)).toEqual(["Group 1", "Group 10"]);
    const enter = new KeyboardEvent("keydown", {key: "Enter", cancelable: true});
    find.dispatchEvent(enter);
    expect(enter.defaultPrevented).toBe(true);
    write(host, "Hi");
    await press(host, "Send");
    await press(host, "Send to 3 people");
    expect(posts()[0].body.groups).toEqual(["g3"]);
  });

  test.each([
    ["Bold", "a <b>word</b>"], ["Italic", "a <i>word</i>"], ["Link", 'a <a href="https://">word</a>'],
  ])("E-17: %s wraps what is selected", async (name, expected) => {
    const host = await opened();
    write(host, "a word");
    const area = one(host, "#message");
    area.setSelectionRange(2, 6);
    await press(host, name);
    expect(area.value).toBe(expected);
    expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe(name === "Link" ? "https://" : "word");
    expect(one(host, "#count").textContent).toBe(`${expected.length} / 2,000`);
  });

  test("how many would get it is said for the groups that are chosen now", async () => {
    const waiting = [];
    answers["GET v1/broadcasts/preview"] = () => new Promise((resolve) => waiting.push(resolve));
    const host = await opened();
    expect(status(host)).toBe("Choose a group.");
    await choose(host, "sales");
    await choose(host, "support");
    expect(asked.at(-1).search).toBe("?groups=sales,support");
    waiting[1]({recipients: 5});
    await settled();
    waiting[0]({recipients: 1});
    await settled();
    expect(status(host)).toBe("5 people would get it.");
    await choose(host, "sales", "support");
    expect(status(host)).toBe("Choose a group.");
  });

  test("AMB-42: what is missing is said beside the field, which gets the focus, and nothing is asked of the hub", async () => {
    const host = await opened();
    const before = asked.length;
    await press(host, "Send");
    expect(wrongs(host)).toEqual({message: "Write a message.", groups: "Choose a group."});
    expect(one(host, "#message").getAttribute("aria-invalid")).toBe("true");
    expect(host.shadowRoot.activeElement.id).toBe("message");
    expect(asked.length).toBe(before);
    write(host, "Hi");
    expect(wrongs(host)).toEqual({groups: "Choose a group."});
  });
});

describe("sending", () => {
  test("R-12: it is looked at first, then sent once with a key, and the form is empty", async () => {
    const host = await confirmed();
    expect(posts()).toEqual([]);
    expect(one(host, ".preview").textContent).toBe("We close at five.To Sales");
    expect(one(host, ".preview b").textContent).toBe("at five");
    expect(host.shadowRoot.activeElement).toBe(named(host, "Send to 3 people"));
    const heard = [];
    document.addEventListener("hub-sent", ({detail}) => heard.push(detail), {once: true});
    await press(host, "Send to 3 people");
    expect(posts().map(({body}) => body)).toEqual([{message: "We close <b>at five</b>.", groups: ["sales"]}]);
    expect(posts()[0].key).toMatch(/^[0-9a-f]{32}-\d+$/);
    expect(heard).toEqual([{id: "b1", recipients: 3}]);
    expect(status(host)).toBe("Sent to 3 people.");
    await press(host, "Write another");
    expect(one(host, "#message").value).toBe("");
    expect(all(host, ":checked").filter(({type}) => type === "checkbox")).toEqual([]);
  });

  test("the button counts: one person, nobody", async () => {
    answers["GET v1/broadcasts/preview"] = {recipients: 1};
    const host = await confirmed();
    expect(named(host, "Send to 1 person")).toBeTruthy();
    await press(host, "Back");
    answers["GET v1/broadcasts/preview"] = {recipients: 0};
    await press(host, "Send");
    expect(status(host)).toBe("Nobody would get it.");
    expect(named(host, "Send")).toBeTruthy();
  });

  test("a double click sends once, and one that began on Send confirms nothing", async () => {
    const host = await confirmed();
    const button = named(host, "Send to 3 people");
    await press(host, "Send to 3 people", 2);
    expect(posts()).toEqual([]);
    for (const detail of [1, 2]) button.dispatchEvent(new MouseEvent("click", {detail, bubbles: true}));
    button.dispatchEvent(new MouseEvent("click", {detail: 1, bubbles: true}));
    await settled();
    expect(posts().length).toBe(1);
    const held = new KeyboardEvent("keydown", {key: "Enter", repeat: true, cancelable: true});
    button.dispatchEvent(held);
    expect(held.defaultPrevented).toBe(true);
  });

  test("without an answer it is tried again under the same key, even after a look back", async () => {
    answers["POST v1/broadcasts"] = new TypeError("Failed to fetch");
    const host = await confirmed();
    await press(host, "Send to 3 people");
    expect(status(host)).toBe("The hub did not answer. Nothing is lost: try again.");
    await press(host, "Back");
    expect(one(host, "#message").value).toBe("We close <b>at five</b>.");
    await press(host, "Send");
    answers["POST v1/broadcasts"] = {id: "b1", recipients: 3};
    await press(host, "Send to 3 people");
    expect(new Set(posts().map(({key}) => key)).size).toBe(1);
    await press(host, "Write another");
    write(host, "We close <b>at five</b>.");
    await choose(host, "sales");
    await press(host, "Send");
    await press(host, "Send to 3 people");
    expect(posts().at(-1).key).not.toBe(posts()[0].key);
  });

  test("what is changed after a failure is another message, with another key", async () => {
    answers["POST v1/broadcasts"] = new TypeError("Failed to fetch");
    const host = await confirmed();
    await press(host, "Send to 3 people");
    await press(host, "Back");
    write(host, "We close at six.");
    vi.useFakeTimers({toFake: ["Date"], now: Date.now() + 5});
    await press(host, "Send");
    await press(host, "Send to 3 people");
    expect(new Set(posts().map(({key}) => key)).size).toBe(2);
  });

  test("what the hub refuses is said beside the field, and stays written", async () => {
    answers["POST v1/broadcasts"] = {
      status: 422, code: "unknown_reference", detail: "There is no group sales.",
      errors: [{field: "groups[0]", message: "there is no group sales"}, {field: "url", message: "must be http or https"}],
    };
    const host = await confirmed();
    await press(host, "Send to 3 people");
    expect(wrongs(host)).toEqual({groups: "there is no group sales", url: "must be http or https"});
    expect(status(host)).toBe("");
    expect(one(host, "#message").value).toBe("We close <b>at five</b>.");
    expect(host.shadowRoot.activeElement.id).toBe("groups");
    expect(named(host, "Send")).toBeTruthy();
  });

  test("a closed dialog, another language and an unread list lose nothing that was typed", async () => {
    const host = await opened();
    write(host, "Half a mess");
    await choose(host, "support");
    host.close();
    answers["GET v1/groups"] = new TypeError("Failed to fetch");
    const english = {...words};
    translate({broadcastCreate: "Создать уведомление"});
    named(host, "Создать уведомление").click();
    await settled();
    expect(one(host, "#message").value).toBe("Half a mess");
    expect(status(host)).toBe("The hub did not answer. Nothing is lost: try again.");
    answers["GET v1/groups"] = {items: GROUPS, next_cursor: null};
    await press(host, "Send");
    expect(all(host, ":checked").filter(({type}) => type === "checkbox").map(({value}) => value)).toEqual(["support"]);
    translate(english);
  });

  test("E-17: what is written is shown as text, never run", async () => {
    const host = await opened();
    write(host, '<img src=x onerror=alert(1)><script>alert(1)</script><b onclick="alert(1)">b</b><a href="javascript:alert(1)">a</a>');
    await choose(host, "sales");
    await press(host, "Send");
    const preview = one(host, ".preview");
    expect(preview.querySelectorAll("img, script, a, [onclick]").length).toBe(0);
    expect(preview.textContent).toContain("<img src=x onerror=alert(1)><script>alert(1)</script>ba");
  });
});

describe("what was sent", () => {
  const counts = (host) => all(host, "dd").map(({textContent}) => textContent);

  test("one's own is listed with its receipts; a colleague's is not", async () => {
    answers["GET v1/broadcasts"] = {items: [SENT, {...SENT, id: "b2", by: "dan"}], next_cursor: null};
    const host = await opened();
    expect(all(host, ".sent li").length).toBe(1);
    expect(all(host, "dt").map(({textContent}) => textContent)).toEqual(["Delivered", "Shown", "Closed", "E-mailed"]);
    expect(counts(host)).toEqual(["3 of 3", "1 of 3", "0 of 3", "2 of 3"]);
  });

  test("D-05: taken back after a question, and then there is no button", async () => {
    answers["GET v1/broadcasts"] = {items: [SENT], next_cursor: null};
    answers["DELETE v1/broadcasts/b1"] = null;
    answers["GET v1/broadcasts/b1"] = {...SENT, status: "recalled"};
    const host = await opened();
    await press(host, "Take back");
    expect(asked.some(({what}) => what.startsWith("DELETE"))).toBe(false);
    named(host, "Take back from everybody?").dispatchEvent(new FocusEvent("blur"));
    await press(host, "Take back");
    await press(host, "Take back from everybody?", 2);
    expect(asked.some(({what}) => what.startsWith("DELETE"))).toBe(false);
    await press(host, "Take back from everybody?");
    expect(asked.filter(({what}) => what.startsWith("DELETE")).length).toBe(1);
    expect(one(host, ".sent li").textContent).toContain("taken back");
    expect(all(host, ".sent button").filter(isSeen)).toEqual([]);
  });

  test("receipts are looked at while the dialog is open and seen, more and more seldom, until all have closed it", async () => {
    const looks = () => asked.filter(({what}) => what === "GET v1/broadcasts/b1").length;
    answers["GET v1/broadcasts"] = {items: [SENT], next_cursor: null};
    answers["GET v1/broadcasts/b1"] = {...SENT, shown: 2};
    const host = await opened();
    host.close();
    vi.useFakeTimers({toFake: ["setTimeout", "clearTimeout", "Date"]});
    host.open();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([looks(), counts(host)[1]]).toEqual([1, "2 of 3"]);
    await vi.advanceTimersByTimeAsync(118_000);
    expect(looks()).toBe(60);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks()).toBe(64);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks()).toBe(64);
    hidden.mockRestore();
    host.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks()).toBe(64);
    host.open();
    answers["GET v1/broadcasts/b1"] = {...SENT, dismissed: 3};
    await vi.advanceTimersByTimeAsync(20_000);
    expect(looks()).toBe(65);
  });
});
