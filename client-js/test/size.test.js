import {readFileSync, readdirSync} from "node:fs";
import {expect, test} from "vitest";

const SOURCE = new URL("../src/", import.meta.url);
const read = (name) => readFileSync(new URL(name, SOURCE), "utf8");

/** A module and all that it imports. */
function closure(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const [, other] of read(name).matchAll(/^import .* from "\.\/(.+)";$/gm)) closure(other, found);
  }
  return found;
}

// What they weigh as they travel is measured where they are served: tests/api/test_client_files.py.
test("the headless client and the desktop's notifications take nothing along that draws", () => {
  for (const name of ["hub.js", "desktop.js"]) {
    for (const drawing of ["dom.js", "styles.js", "strings.js", "hub-element.js"]) expect([...closure(name)]).not.toContain(drawing);
  }
});

test("no module is longer than 400 lines", () => {
  for (const name of readdirSync(SOURCE, {recursive: true}).filter((file) => file.endsWith(".js"))) {
    expect(read(name).split("\n").length, name).toBeLessThanOrEqual(400);
  }
});
