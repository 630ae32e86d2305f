import {readFileSync, readdirSync} from "node:fs";
import {gzipSync} from "node:zlib";
import ts from "typescript";
import {expect, test} from "vitest";

const SOURCE = new URL("../src/", import.meta.url);
const options = {removeComments: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext};
const read = (name) => readFileSync(new URL(name, SOURCE), "utf8");
const imported = (name) => [...read(name).matchAll(/^(?:import|export) .* from "\.\/(.+)";$/gm)].map(([, other]) => other);

/** A module and all that it imports. */
function closure(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const other of imported(name)) closure(other, found);
  }
  return [...found].sort();
}

/** Bytes of modules together, without comments, compressed. */
const size = (names) => gzipSync(names.map((name) => ts.transpileModule(read(name), {compilerOptions: options}).outputText).join(""), {level: 9}).length;

test("the headless client takes at most 8 kB, everything at most 20 kB", () => {
  expect(closure("hub.js")).toEqual(["attention.js", "backoff.js", "hub.js", "inbox.js", "session.js", "socket.js", "wire.js"]);
  expect(size(closure("hub.js"))).toBeLessThanOrEqual(8_000);
  expect(size(readdirSync(SOURCE).filter((name) => name.endsWith(".js")))).toBeLessThanOrEqual(20_000);
});

test("no module is longer than 400 lines", () => {
  for (const name of readdirSync(SOURCE)) expect(read(name).split("\n").length, name).toBeLessThanOrEqual(400);
});
