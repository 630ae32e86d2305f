// @vitest-environment happy-dom
import {readFileSync, readdirSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import * as elements from "../src/elements.js";

const CLIENT = join(import.meta.dirname, "..");
const read = (name) => readFileSync(join(CLIENT, name), "utf8");
const sources = readdirSync(join(CLIENT, "src")).filter((name) => name.endsWith(".js")).map((name) => read(`src/${name}`)).join("\n");
const {modules} = JSON.parse(read("custom-elements.json"));
const described = modules.flatMap(({path, declarations}) => declarations.map((each) => ({...each, path})));
const names = (list) => [...new Set(list)].sort();
const all = (kind) => names(described.flatMap((each) => each[kind].map(({name}) => name)));
const found = (pattern) => [...sources.matchAll(pattern)].map(([, name]) => name);

test("the manifest has every element that is defined, by its class and where it is", () => {
  const classes = names(Object.keys(elements).filter((name) => name.startsWith("Hub")));
  expect(names(described.map(({name}) => name))).toEqual(classes);
  for (const {tagName, name, path} of described) {
    expect(customElements.get(tagName)).toBe(elements[name]);
    expect(read(path)).toContain(`export class ${name} extends HubElement`);
  }
  const definitions = modules.find(({path}) => path === "src/elements.js").exports;
  expect(definitions.map(({name, declaration}) => [name, declaration.name])).toEqual(described.map(({tagName, name}) => [tagName, name]));
});

test("it has the attributes and properties that each element's source explains", () => {
  for (const {path, attributes, members} of described) {
    const [header] = read(path).split("*/");
    const explained = [...header.matchAll(/^ \* {3}(\S.*?) {2,}\S/gm)].flatMap(([, row]) => row.split(", "));
    expect(names([...attributes, ...members].map(({name}) => name)), path).toEqual(names(explained.map((name) => name.split("=")[0])));
  }
});

test("it has the parts, custom properties and events that there are, and so has the README", () => {
  const literals = found(/\bpart: ([^,}]*)/g).flatMap((value) => value.match(/"[^"]*"/g) ?? []);
  const parts = literals.flatMap((literal) => literal.slice(1, -1).split(" "));
  expect(all("cssParts")).toEqual(names([...parts, ...found(/\blink\([^\n;]*?, "([a-z-]+)"/g)]));
  expect(all("cssProperties")).toEqual(names(found(/var\((--hub-[a-z-]+)/g)));
  expect(all("events")).toEqual(names(found(/new CustomEvent\("(hub-[a-z]+)"/g)));
  const readme = read("README.md");
  for (const name of ["cssParts", "cssProperties", "events"].flatMap(all)) expect(readme, name).toContain(`\`${name}\``);
});
