"""Bundles of the browser client: they do what the modules do, and a module that cannot be bundled is named."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.api.client_bundle import BundleError, bundles

# Private names, strings and expressions that look like something else: all that may go wrong.
SOURCES = {
    "hub.js": """
/** `connect` counts. @typedef {import("./counter.js").Counter} Counter */
import {Counter, step} from "./counter.js";

const label = "hub";
export const VERSION = "hub-js/1";
export function connect() { return new Counter(label, step); }
export async function* steps() { yield step; }
""",
    "counter.js": """
import {quoted} from "./text.js";

const name = "counter"; // another `name`
let made = 0;
export const step = 2;
function up() { return {step, up: 1}; }

export class Counter {
  #count = 0;
  #step;
  constructor(name, step) { this.#step = step; this.label = `${name} ${quoted("#count")}`; made += 1; }
  up() { this.#count += this.#step * up().up; return {count: this.#count, mine: #count in this, made, name}; }
}
""",
    "text.js": r"""
const QUOTE = /["'`/]/g;
const half = 4 / 2 / 1;
export function quoted(text) { return text.replace(QUOTE, "") + (half > 1 ? ` // ${{a: "}"}.a} \` ${half}` : ""); }
const url = "https://hub.example//";
export {url, half};
""",
    "elements.js": """
import {VERSION, connect} from "./hub.js";
import {themed} from "./look-styles.js";
import {quoted} from "./text.js";

const ready = await Promise.resolve("ready");
export const css = themed();
export {connect, ready};
export const said = [VERSION, quoted("'said'"), connect().up()];
export const later = () => import("./later.js");
export const others = () => import("./others.js");
export const words = () => import("./locales/ru.js");
""",
    "look-styles.js": """
const STYLES = `
/* the card */
:host { --gap: 1px; }
.card:hover, .card > p :first-child { margin: 0 var(--gap) ; content: "a ; b"; }
@media (width > 30rem) and (hover) { p { color: red; } }
`;
export function themed() { return STYLES; }
""",
    "later.js": """
import {themed} from "./look-styles.js";
import {connect, VERSION} from "./hub.js";
import {both} from "./shared.js";
import {url} from "./text.js";

const name = await Promise.resolve("later");
export const all = [VERSION, url, connect().up(), themed().length > 9, both(name)];
""",
    "others.js": """
import {both} from "./shared.js";

const name = "others";
export const other = both(name);
""",
    "shared.js": """
let asked = 0;
const parts = {asked: 1, get length() { return asked; }};
function length() { return parts.length; }
const more = (...given) => given.length;
export function both(name) {
  asked += 1;
  return `${name} ${[asked, ...[length()]].length > more() ? parts.length : more}`;
}
""",
    "locales/ru.js": """
/** @type {import("../strings.js").Words} */
export default {close: (/** @type {string} */ title) => `Закрыть: ${title}`};
""",
}
RUN = """
const said = async (folder) => {
  const {said, ready, later, others, words, connect} = await import(`./${folder}/elements.js`);
  const hub = await import(`./${folder}/hub.js`);
  const [{all}, {default: {close}}] = [await later(), await words()];
  const {other} = await others();
  return [said, ready, all, other, close("x"), hub.connect === connect, connect().label, connect().up()];
};
console.log(JSON.stringify([await said("written"), await said("bundled")]));
"""


def written(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.requires("node")
def test_bundles_do_what_the_modules_do(tmp_path: Path) -> None:
    made = bundles(SOURCES)
    assert set(made) == {"hub.js", "elements.js", "later.js", "others.js", "locales/ru.js"}
    written(tmp_path / "written", SOURCES)
    written(tmp_path / "bundled", made)
    written(tmp_path, {"package.json": '{"type": "module"}', "run.js": RUN})
    ran = subprocess.run(["node", "run.js"], cwd=tmp_path, capture_output=True, text=True, check=True)
    as_written, as_bundled = json.loads(ran.stdout)
    assert as_bundled == as_written
    assert as_written[3] == "others 2"
    assert as_written[5] is True
    assert as_written[6] == "hub #count // } ` 2"


def test_a_module_is_in_one_bundle_and_lent_to_the_others() -> None:
    made = bundles(SOURCES)
    holding = {name: [entry for entry, text in made.items() if what in text] for name, what in {
        "text.js": "hub.example", "look-styles.js": "--gap:", "counter.js": "made+=1", "shared.js": "+=1;return`",
    }.items()}  # fmt: skip
    assert holding == {
        "text.js": ["hub.js"], "look-styles.js": ["elements.js"], "counter.js": ["hub.js"], "shared.js": ["elements.js"]
    }  # fmt: skip
    assert made["elements.js"].startswith('import{VERSION,connect,quoted}from"./hub.js";')
    assert made["hub.js"].strip().endswith("export{quoted,url};")
    assert made["others.js"].startswith('import{both}from"./elements.js";')


def test_comments_and_spaces_are_cut() -> None:
    made = bundles(SOURCES)
    assert "another" not in made["hub.js"]
    assert "export class" not in made["hub.js"]
    assert len(made["hub.js"]) < sum(len(SOURCES[name]) for name in ("hub.js", "counter.js", "text.js"))


@pytest.mark.parametrize(
    ("module", "text", "problem"),
    [
        ("a.js", 'import "./text.js";', "a.js:1: not a form of"),
        ("a.js", '\nimport * as text from "./text.js";', "a.js:2: not a form of"),
        ("a.js", 'import {\n  url,\n} from "./text.js";', "a.js:1: not a form of"),
        ("a.js", 'import {url} from "./text.js"; // why', "a.js:1: not a form of"),
        ("a.js", 'import {url} from "elsewhere";', "a.js:1: not a form of"),
        ("a.js", 'import {url} from "./none.js";', "a.js:1: there is no none.js"),
        ("a.js", 'import {made} from "./text.js";', "a.js:1: text.js does not export made"),
        ("a.js", 'import {b} from "./b.js";\nexport const a = b;', "b.js:1: a cycle of imports: "),
        ("a.js", "export default class {}", "a.js:1: not a form of"),
        ("a.js", "export let a = 1;", "a.js:1: not a form of"),
        ("a.js", "export const {a} = window;", "a.js:1: not a form of"),
        ("a.js", 'export * from "./text.js";', "a.js:1: not a form of"),
        ("a.js", "export {a as b};", "a.js:1: not a form of"),
        ("a.js", 'import {url as a} from "./text.js";', "a.js:1: not a form of"),
        ("a.js", "const a = 1;\nconst b = await a;", "a.js:2: only an entry has `await`"),
        ("a.js", 'import("./none.js");', "a.js:1: there is no none.js"),
        ("a.js", 'import("./text.js");', "text.js:1: elements.js imports it"),
        ("a.js", "const url = 1;", "a.js:1: `url` is a name of text.js too"),
        ("a.js", "\n\n`${[1].map((n) => `${n}`)}`;", "a.js:3: a template within a template"),
    ],
)
def test_a_module_that_cannot_be_bundled_is_named_with_the_line(module: str, text: str, problem: str) -> None:
    sources = {
        "elements.js": 'import {url} from "./text.js";\nimport {a} from "./a.js";\nexport {a, url};',
        "a.js": "export const a = 1;",
        "b.js": 'import {a} from "./a.js";\nexport const b = a;',
        "text.js": 'export const url = "";',
        module: text if "export" in text or module != "a.js" else f"{text}\nexport const a = 1;",
    }
    with pytest.raises(BundleError) as caught:
        bundles(sources)
    assert str(caught.value).startswith(problem)
