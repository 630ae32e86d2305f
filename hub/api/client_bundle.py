"""Join the modules of the browser client into few files, so that a page loads two of them and not forty.

A bundle is an entry (`hub.js`, `elements.js`, `desktop.js`, and whatever is loaded by `import("./…")`) with all modules
that it imports and no bundle before it has; of those it borrows names, which that bundle exports beside its own. What
more than one part that is loaded later imports is in the bundle that loads them. The modules stand one after the other
in one scope, each after those it imports, the entry last; then rjsmin takes out comments and spaces.

There is no parser here, for the modules keep these rules. One that breaks them is named, with the line:

* an import is a line of its own, `import {a, b} from "./other.js";`, and renames nothing
* so is the beginning of an export: `export class`, `export function`, `export async function`, `export const NAME =`,
  or `export {A, B};`
* only what is at the top of a module begins at the first column, and its name is at the top of no other of the bundle
* only an entry has `await` outside of functions; no cycles, and no template within a template

A module under `locales/` imports nothing at once and is a file of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import rjsmin

ENTRIES = ("hub.js", "elements.js", "desktop.js")
LOCALES = "locales/"

_STATEMENT = re.compile(r"^(?:import\b(?!\()|export\b).*$", re.MULTILINE)
_IMPORT = re.compile(r'import \{(\w+(?:, \w+)*)\} from "\./([\w-]+\.js)";')
_EXPORT = re.compile(r"export (?:class|(?:async )?function\*?|const) (\w+)\b.*")
_EXPORTS = re.compile(r"export \{(\w+(?:, \w+)*)\};")
_TOP = re.compile(r"^(?:export )?(?:const|let|class|(?:async )?function\*?) (\w+)", re.MULTILINE)
_LATER = re.compile(r'\bimport\("\./([\w/-]+\.js)"\)(?!\.[A-Z])')  # not a type in a comment
_AWAIT = re.compile(r"^(?:const \w+ = )?await\b", re.MULTILINE)
_NESTED = re.compile(r"`[^`]*\$\{[^`}]*`")


class BundleError(Exception):
    """A module that breaks the rules: which one, where, and what is wrong."""

    def __init__(self, name: str, line: int, wrong: str) -> None:
        super().__init__(f"{name}:{line}: {wrong} (the rules are in hub/api/client_bundle.py)")


@dataclass(frozen=True)
class _Module:
    name: str
    source: str
    imports: Mapping[str, Sequence[str]]  # other module -> names
    later: Sequence[str]
    exports: frozenset[str]
    names: Mapping[str, int]  # at its top -> line

    def body(self, is_entry: bool) -> str:
        """Write what it does, without its imports; what it exports is there for the others of its bundle anyway."""
        text = _IMPORT.sub("", self.source)
        return text if is_entry else re.sub(r"^export (?!\{)", "", _EXPORTS.sub("", text), flags=re.MULTILINE)

    def wrong(self, found: re.Match[str] | None, what: str) -> BundleError:
        """Say what is wrong with it, and where."""
        return BundleError(self.name, _line(self.source, found), what)


@dataclass
class _Bundle:
    modules: dict[str, _Module] = field(default_factory=dict)  # the entry is the last
    borrowed: dict[str, set[str]] = field(default_factory=dict)  # an earlier entry -> names that its bundle lends
    lent: set[str] = field(default_factory=set)

    def text(self) -> str:
        """Write the bundle."""
        *inner, entry = self.modules.values()
        self._check(inner)
        imports = [f'import{{{",".join(sorted(names))}}}from"./{owner}";' for owner, names in self.borrowed.items()]
        lent = ",".join(sorted(self.lent - entry.exports))
        bodies = [*(module.body(is_entry=False) for module in inner), entry.body(is_entry=True)]
        return "\n".join([*imports, *bodies, f"export{{{lent}}};" if lent else ""])

    def _check(self, inner: Sequence[_Module]) -> None:
        for module in inner:
            if found := _AWAIT.search(module.source):
                raise module.wrong(found, "only an entry has `await` outside of functions")
        known = {name: owner for owner, names in self.borrowed.items() for name in names}
        for module in self.modules.values():
            for name, line in module.names.items():
                if name in known:
                    raise BundleError(module.name, line, f"`{name}` is a name of {known[name]} too")
                known[name] = module.name


def bundles(sources: Mapping[str, str]) -> dict[str, str]:
    """Make a bundle of each entry and of each locale among the sources; their names stay.

    Raises BundleError.
    """
    modules = {name: _read(name, source) for name, source in sources.items() if not name.startswith(LOCALES)}
    entries = _entries(modules, sources)
    shared = _shared([entry for entry in entries if entry not in ENTRIES], modules)
    made: dict[str, _Bundle] = {}
    for entry in entries:
        made[entry] = _gathered(entry, modules, shared, made)
    texts = {name: bundle.text() for name, bundle in made.items()}
    texts |= {name: source for name, source in sources.items() if name.startswith(LOCALES)}
    return {name: str(rjsmin.jsmin(text)) for name, text in texts.items()}


def _read(name: str, source: str) -> _Module:
    """Take a module apart."""
    imports: dict[str, list[str]] = {}
    exports = set[str]()
    for statement in _STATEMENT.finditer(source):
        if found := _IMPORT.fullmatch(statement[0]):
            imports.setdefault(found[2], []).extend(found[1].split(", "))
        elif found := _EXPORT.fullmatch(statement[0]) or _EXPORTS.fullmatch(statement[0]):
            exports |= set(found[1].split(", "))
        else:
            wrong = "not a form of `import` or `export` that can be bundled"
            raise BundleError(name, _line(source, statement), wrong)
    if nested := _NESTED.search(source):
        raise BundleError(name, _line(source, nested), "a template within a template")
    names = {found[1]: _line(source, found) for found in _TOP.finditer(source)}
    return _Module(name, source, imports, _LATER.findall(source), frozenset(exports), names)


def _line(source: str, found: re.Match[str] | None) -> int:
    return 1 + source.count("\n", 0, found.start()) if found else 1


def _entries(modules: Mapping[str, _Module], sources: Mapping[str, str]) -> Sequence[str]:
    """List the entries: those that pages name, then those that are loaded later."""
    entries = dict.fromkeys(entry for entry in ENTRIES if entry in modules)
    for module in modules.values():
        for name in module.later:
            if name not in sources:
                found = re.search(re.escape(f'import("./{name}")'), module.source)
                raise module.wrong(found, f"there is no {name}")
            if name in modules:
                entries.setdefault(name)
    return list(entries)


def _shared(later: Sequence[str], modules: Mapping[str, _Module]) -> Sequence[str]:
    """List the modules that more than one of these entries imports."""
    counts = Counter(name for entry in later for name in set(_imported(entry, modules)))
    return sorted(name for name, count in counts.items() if count > 1)


def _imported(name: str, modules: Mapping[str, _Module]) -> Iterator[str]:
    for other in modules[name].imports:
        if other in modules:
            yield other
            yield from _imported(other, modules)


def _gathered(
    entry: str, modules: Mapping[str, _Module], shared: Sequence[str], earlier: Mapping[str, _Bundle]
) -> _Bundle:
    """Gather what an entry imports; note what it borrows, and with whom."""
    owners = {name: owner for owner, bundle in earlier.items() for name in bundle.modules}
    made = _Bundle()

    def visit(name: str) -> None:
        for other, names in modules[name].imports.items():
            if owner := owners.get(other):
                made.borrowed.setdefault(owner, set()).update(names)
                earlier[owner].lent.update(names)
            elif other not in made.modules:
                visit(other)
        made.modules[name] = modules[name]

    _check(entry, modules, ())
    if owner := owners.get(entry):
        raise BundleError(entry, 1, f"{owner} imports it, so it is no entry of its own")
    visit(entry)
    if any(module.later for module in made.modules.values()):
        for name in shared:
            if name not in owners and name not in made.modules:
                visit(name)
        made.modules[entry] = made.modules.pop(entry)  # the last
    return made


def _check(name: str, modules: Mapping[str, _Module], importing: Sequence[str]) -> None:
    """Refuse imports that lead nowhere, or round in a circle."""
    module = modules[name]
    for other, names in module.imports.items():
        found = re.search(rf'^import .* from "\./{re.escape(other)}";$', module.source, re.MULTILINE)
        if other not in modules:
            raise module.wrong(found, f"there is no {other}")
        if other in (*importing, name):
            raise module.wrong(found, f"a cycle of imports: {' -> '.join([*importing, name, other])}")
        if missing := set(names) - modules[other].exports:
            raise module.wrong(found, f"{other} does not export {', '.join(sorted(missing))}")
        _check(other, modules, (*importing, name))
