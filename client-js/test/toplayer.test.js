// @vitest-environment happy-dom
import {beforeEach, expect, test, vi} from "vitest";
import {TopLayer} from "../src/toplayer.js";
import {settled} from "./scene.js";

let modal = [];
let home, host, layer;

beforeEach(() => {
  modal = [];
  document.body.innerHTML = "<main><div></div></main><dialog></dialog>";
  home = document.querySelector("main");
  host = document.querySelector("div");
  layer = new TopLayer(host);
  const all = document.querySelectorAll.bind(document);
  vi.spyOn(document, "querySelectorAll").mockImplementation((selector) => (selector.includes(":modal") ? modal : all(selector)));
  layer.start();
});

/** Open the dialog, or close it. */
async function turn(isOpen) {
  const dialog = document.querySelector("dialog");
  modal = isOpen ? [dialog] : [];
  dialog.toggleAttribute("open", isOpen);
  await settled();
  return dialog;
}

test("it goes into a modal dialog, and back to its place", async () => {
  const dialog = await turn(true);
  expect([host.parentNode, layer.dialog]).toEqual([dialog, dialog]);
  await turn(false);
  expect([host.parentNode, layer.dialog]).toEqual([home, null]);
});

test("its place was taken off the page meanwhile: it goes too, and stays in no closed dialog", async () => {
  await turn(true);
  home.remove();
  await turn(false);
  expect([host.isConnected, layer.dialog]).toEqual([false, null]);
});

test("a dialog that is taken off the page lets it go home", async () => {
  const dialog = await turn(true);
  dialog.remove();
  layer.removed();
  expect([host.parentNode, layer.dialog]).toEqual([home, null]);
});

test("a page may put it into a dialog itself", async () => {
  const dialog = document.querySelector("dialog");
  dialog.append(host);
  await turn(true);
  await turn(false);
  expect(host.parentNode).toBe(dialog);
});
