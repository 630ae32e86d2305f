// @vitest-environment happy-dom
import {describe, expect, test} from "vitest";
import {HubError} from "../src/hub.js";
import ru from "../src/locales/ru.js";
import {translate, words} from "../src/strings.js";
import {arrived} from "./page.js";
import {all, box, boxes, button, click, FakeHub, field, fill, host, hub, name, options, said, seen, show, type, TYPES} from "./preferences-page.js";
import {settled} from "./scene.js";

describe("the tab Control", () => {
  test("C-07 to C-13, AMB-02: a check box per option that a type offers, with the contract's names", async () => {
    await show();
    expect(boxes().filter((each) => each.includes(": "))).toEqual([
      ...["New Lead", "Proposal Sign"].flatMap((title) => [`${title}: In-app`, `${title}: Only mine`, `${title}: Text`, `${title}: E-mail`]),
      "Client Export: In-app", "Important notice: In-app", "Important notice: E-mail",
    ]);
    expect([box("New Lead: In-app").checked, box("New Lead: Text").checked]).toEqual([true, false]);
  });

  test("it is a table per category, with row and column headings", async () => {
    await show();
    expect(all("h3").map((each) => each.textContent)).toEqual(["Contact", "Import and export", "System", "Other lines"]);
    expect(all("table").length).toBe(3);
    expect(all("tbody th").every((each) => each.scope === "row")).toBe(true);
    expect(all("table:first-of-type thead th").map((each) => [each.scope, each.textContent])).toEqual(
      ["Contact", "In-app", "Only mine", "Text", "E-mail", "All"].map((text) => ["col", text]),
    );
  });

  test("C-06: a change is shown and saved at once", async () => {
    await show();
    hub.waits = true;
    await click("New Lead: Text");
    expect([box("New Lead: Text").checked, hub.written()]).toEqual([true, [["PATCH", "v1/users/me/preferences", {types: {new_lead: {text: true}}}]]]);
    expect(said()).toBe("");
    hub.held.shift()();
    await settled();
    expect([box("New Lead: Text").checked, said()]).toEqual([true, "Saved."]);
  });

  test("what the hub refuses is taken back, and it says why", async () => {
    await show();
    hub.refusal = new HubError("mandatory", "types.notice.system: x", [{field: "types.notice.system", message: "Important notice cannot be turned off"}]);
    await click("New Lead: Text");
    expect([box("New Lead: Text").checked, said()]).toEqual([false, "Not saved: Important notice cannot be turned off"]);
    hub.refusal = new TypeError("Failed to fetch");
    await click("New Lead: In-app");
    expect([box("New Lead: In-app").checked, said()]).toEqual([true, "Not saved: the hub does not answer"]);
  });

  test("of changes that wait, only the refused one is taken back", async () => {
    await show();
    hub.waits = true;
    await click("New Lead: Text");
    await click("New Lead: E-mail");
    expect(hub.written().length).toBe(1);
    hub.refusal = new HubError("unavailable", "The store cannot be reached.");
    hub.held.shift()();
    await settled();
    hub.refusal = null;
    hub.held.shift()();
    await settled();
    expect([box("New Lead: Text").checked, box("New Lead: E-mail").checked]).toEqual([false, true]);
    expect(hub.preferences.types.new_lead).toMatchObject({text: false, email: true});
  });

  test("AMB-41: what is mandatory is locked, says so, and is left out of what turns a column", async () => {
    await show();
    const locked = box("Important notice: In-app");
    expect([locked.disabled, locked.checked]).toEqual([true, true]);
    expect(host.shadowRoot.getElementById(locked.getAttribute("aria-describedby")).textContent).toBe("Always on");
    expect(box("All of System: In-app")).toBeUndefined();
  });

  test("C-20, AMB-06: starred types are marked; turning one off works and warns", async () => {
    await show();
    expect(all(".badge").map((each) => each.closest("th").querySelector("b").textContent)).toEqual(["Proposal Sign"]);
    await click("Proposal Sign: In-app");
    expect([box("Proposal Sign: In-app").checked, said()]).toEqual([false, "Saved, but you are strongly encouraged to keep on: Proposal Sign"]);
  });

  test("a column is turned as a whole and says when it is mixed", async () => {
    await show();
    await click("New Lead: Text");
    const column = box("All of Contact: Text");
    expect([column.checked, column.indeterminate]).toEqual([false, true]);
    await click(column);
    expect(hub.written().at(-1)[2]).toEqual({types: {new_lead: {text: true}, proposal_sign: {text: true}}});
    expect([column.checked, column.indeterminate, box("Proposal Sign: Text").checked]).toEqual([true, false, true]);
  });

  test("AMB-03: a row is turned off with Only mine, and on without", async () => {
    await show();
    await click("All of New Lead");
    expect(hub.preferences.types.new_lead).toEqual({system: true, au: false, text: true, email: true});
    await click("New Lead: Only mine");
    await click("All of New Lead");
    expect(hub.preferences.types.new_lead).toEqual({system: false, au: false, text: false, email: false});
    expect(box("All of Client Export")).toBeUndefined();
  });

  test("the search hides rows and empty tables, and what would reach hidden rows", async () => {
    await show();
    const search = host.shadowRoot.querySelector("[type=search]");
    const find = (text) => {
      search.value = text;
      search.dispatchEvent(new Event("input"));
      return all("tbody tr").filter(seen).map((row) => row.querySelector("b").textContent);
    };
    expect(find("SIGN")).toEqual(["Proposal Sign"]);
    expect(all("table").filter(seen).map((each) => each.className)).toEqual(["panel part"]);
    expect(find("zzz")).toEqual([]);
    expect(all(".find [role=status]")[0].textContent).toBe("Nothing found.");
    expect(find("").length).toBe(4);
  });
});

describe("channels", () => {
  test("A-38, A-39, AMB-36: texts go to a number of one's own, which rests while they are off", async () => {
    await show();
    const number = field("Send texts to");
    await fill(number, "+1 (202) 555-0100");
    expect(hub.written()[0][2]).toEqual({channels: {text: {custom_number: "+12025550100"}}});
    expect(number.value).toBe("+12025550100");
    await click("Text messages");
    expect([hub.preferences.channels.text, number.disabled, number.value]).toEqual([{enabled: false, custom_number: "+12025550100"}, true, "+12025550100"]);
    await click("Text messages");
    await fill(number, "");
    expect(hub.preferences.channels.text).toEqual({enabled: true, custom_number: null});
  });

  test("a number that is none is not sent, one that the hub refuses is taken back", async () => {
    await show();
    const number = field("Send texts to");
    await fill(number, "call me");
    expect([hub.written(), number.value]).toEqual([[], "call me"]);
    hub.refusal = new HubError("invalid", "x", [{field: "channels.text.custom_number", message: "is one of the hub's own lines"}]);
    await fill(number, "+12025550190");
    expect([number.value, said()]).toEqual(["", "Not saved. Send texts to: is one of the hub's own lines"]);
  });

  test("E-17: e-mails and their copies", async () => {
    await show();
    await click("Announcements, tasks and orders too");
    await click("E-mails");
    expect(hub.preferences.channels.email).toEqual({enabled: false, copy: false});
  });

  test("AMB-48, E-20, E-21: how long e-mails wait to be unneeded, and how many there are a day", async () => {
    await show();
    const [wait, most] = [field("Minutes to wait for me to see it first"), field("Most e-mails of one type a day")];
    await fill(wait, "15");
    await fill(most, "3");
    expect(hub.preferences.channels.email).toEqual({enabled: true, copy: true, grace_minutes: 15, daily_cap: 3});
    await fill(most, "0");
    await fill(wait, "");
    expect(hub.written().at(-1).at(-1)).toEqual({channels: {email: {grace_minutes: null}}});
    expect([wait.value, most.value, hub.preferences.channels.email.daily_cap]).toEqual(["", "0", 3]);
    await click("E-mails");
    expect([wait.disabled, most.disabled]).toEqual([true, true]);
  });

  test("quiet hours are turned on, set and turned off", async () => {
    await show();
    expect(seen(field("From"))).toBe(false);
    await click("Quiet hours");
    expect([hub.preferences.quiet_hours, field("From").value, seen(field("From"))]).toEqual([{from: "22:00", to: "07:00"}, "22:00", true]);
    await fill(field("To"), "06:30");
    await fill(field("Time zone"), "America/New_York");
    expect(hub.preferences.quiet_hours).toEqual({from: "22:00", to: "06:30", time_zone: "America/New_York"});
    await click("Quiet hours");
    expect(hub.preferences.quiet_hours).toBeNull();
  });

  test("a time zone that this browser does not know is kept", async () => {
    hub.preferences.quiet_hours = {from: "22:00", to: "07:00", time_zone: "Mars/Olympus"};
    await show();
    await fill(field("To"), "06:00");
    expect(hub.preferences.quiet_hours).toEqual({from: "22:00", to: "06:00", time_zone: "Mars/Olympus"});
  });

  test("A-34: lines are opted in to and out of, named by their number", async () => {
    await show();
    expect(hub.asked.map(([, path]) => path)).toContain("v1/lines?limit=200&cursor=a%20b");
    expect(box("+12025550190").checked).toBe(true);
    await click("+12025550190");
    expect(hub.written()).toEqual([["PUT", "v1/users/me/line-opt-ins", {lines: []}]]);
  });

  test("where there are no lines, none are offered", async () => {
    hub.lines = [];
    await show();
    expect(all("h3").map((each) => each.textContent)).not.toContain("Other lines");
  });
});

describe("the tab Roll-up", () => {
  const tabs = () => all("[role=tab]").map((each) => each.textContent);

  test("C-01, C-18: beside Control, a check box per account below, named by its name", async () => {
    await show();
    expect([tabs(), seen(box("Acme Boston"))]).toEqual([["Control", "Roll-up"], false]);
    await click(button("Roll-up"));
    expect([seen(box("Acme Boston")), box("Acme Boston").checked, box("Acme Seattle").checked, seen(box("New Lead: In-app"))]).toEqual([true, true, false, false]);
    await click("Acme Seattle");
    expect(hub.written()).toEqual([["PUT", "v1/users/me/rollup", {accounts: ["sub1", "sub2"]}]]);
  });

  test("two choices in a row are both kept", async () => {
    hub.rollup.accounts = [];
    await show();
    hub.waits = true;
    await click("Acme Boston");
    await click("Acme Seattle");
    hub.held.shift()();
    await settled();
    hub.held.shift()();
    await settled();
    expect(hub.rollup.accounts).toEqual(["sub1", "sub2"]);
  });

  test("C-04, C-05: only with the add-on; Control is always there", async () => {
    hub.rollup = null;
    await show();
    expect(tabs()).toEqual(["Control"]);
    expect(seen(box("New Lead: In-app"))).toBe(true);
  });
});

describe("samples", () => {
  test("A-41, AMB-37: on demand per type and channel; it says what comes of it", async () => {
    await show();
    const samples = all("tbody details").map((each) => [...each.querySelectorAll("button")]);
    expect(samples.map((each) => each.length)).toEqual([3, 3, 1, 2]);
    expect(samples[0].map((each) => name(each))).toEqual(["In-app", "Text", "E-mail"].map((channel) => `${channel}: Send me a sample: New Lead`));
    await click(samples[0][2]);
    expect([hub.written(), said()]).toEqual([[["POST", "v1/samples", {type: "new_lead", channels: ["email"]}]], "A sample is on its way."]);
    await click(samples[0][1]);
    expect(said()).toBe("No sample was sent: no number");
  });

  test("AMB-37: one is offered after a channel was turned on, not after Only mine or many", async () => {
    await show();
    await click("New Lead: E-mail");
    await click(button("Send me a sample"));
    expect(hub.written().at(-1)).toEqual(["POST", "v1/samples", {type: "new_lead", channels: ["email"]}]);
    await click("New Lead: Only mine");
    expect(button("Send me a sample")).toBeUndefined();
    await click("All of Contact: Text");
    expect(button("Send me a sample")).toBeUndefined();
  });
});

describe("what happens elsewhere", () => {
  const changed = (change) => {
    const preferences = structuredClone(hub.preferences);
    change(preferences);
    return preferences;
  };

  test("C-02: a change made elsewhere follows without asking the hub again", async () => {
    await show();
    hub.asked.length = 0;
    hub.tell(changed(({types}) => { types.new_lead.text = true; }));
    expect([box("New Lead: Text").checked, box("All of Contact: Text").indeterminate, hub.asked]).toEqual([true, true, []]);
  });

  test("it does not undo what waits for an answer", async () => {
    await show();
    hub.waits = true;
    await click("New Lead: E-mail");
    hub.tell(changed(({types}) => { types.new_lead.text = true; }));
    expect([box("New Lead: E-mail").checked, box("New Lead: Text").checked]).toEqual([true, true]);
  });

  test("where the preferences are as they were, a list has changed and is read again", async () => {
    await show();
    hub.rollup = {...hub.rollup, accounts: []};
    hub.asked.length = 0;
    hub.tell();
    await settled();
    expect(box("Acme Boston").checked).toBe(false);
    expect(hub.asked.map(([, path]) => path)).toEqual(["v1/users/me/rollup", "v1/users/me/line-opt-ins"]);
  });

  test("what was read before an answer does not undo what it kept", async () => {
    await show();
    const {request} = hub;
    let late;
    hub.request = async (path, options) => {
      const answer = await request.call(hub, path, options);
      if (path.endsWith("rollup") && !options) await new Promise((go) => { late ??= go; if (late !== go) go(); });
      return answer;
    };
    hub.tell();
    await click("Acme Seattle");
    late();
    await settled();
    expect([hub.rollup.accounts, box("Acme Seattle").checked]).toEqual([["sub1", "sub2"], true]);
  });

  test("the add-on is gone when a choice is refused: so is the tab", async () => {
    await show();
    hub.rollup = null;
    await click("Acme Seattle");
    expect([said(), all("[role=tab]").length]).toEqual(["Not saved: There is no roll-up.", 1]);
  });

  test("other roles, other types; the add-on goes, the tab goes", async () => {
    await show();
    hub.types = TYPES.slice(1);
    hub.rollup = null;
    hub.tell(changed(({types}) => { delete types.new_lead; }));
    await settled();
    expect([box("New Lead: In-app"), all("[role=tab]").length]).toEqual([undefined, 1]);
  });

  test("after a break of the connection everything is read again", async () => {
    await show();
    hub.preferences.types.new_lead.text = true;
    hub.dispatchEvent(new CustomEvent("connection", {detail: {state: "connected"}}));
    await settled();
    expect(box("New Lead: Text").checked).toBe(true);
  });
});

describe("states", () => {
  test("nobody is signed in", async () => {
    document.body.append(host);
    expect(said()).toBe("Loading…");
    await arrived();
    expect([said(), all("table").length]).toEqual(["Not signed in.", 0]);
  });

  test("loading, failing, trying again", async () => {
    const {request} = hub;
    hub.request = async () => { throw new TypeError("Failed to fetch"); };
    await show();
    expect(said()).toBe("This could not be loaded.");
    hub.request = request;
    await click(button("Try again"));
    expect([said(), seen(box("New Lead: In-app"))]).toEqual(["", true]);
  });

  test("another client takes over; an answer to the first is of no account", async () => {
    await show();
    hub.waits = true;
    await click("New Lead: Text");
    const other = new FakeHub();
    host.client = other;
    await settled();
    hub.held.shift()();
    await settled();
    expect([box("New Lead: Text").checked, said()]).toEqual([false, ""]);
  });

  test("it speaks the language of the page", async () => {
    const english = {...words};
    await show();
    translate({...ru, preferencesRollup: "Своё"});
    await arrived();
    expect(all("[role=tab]")[1].textContent).toBe("Своё");
    expect([box("New Lead: SMS").checked, all("[role=tab]")[0].textContent, all("h3")[1].textContent]).toEqual([false, "Управление", "Импорт и экспорт"]);
    translate(english);
  });
});
