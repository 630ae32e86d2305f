"""The atomic operations, one Lua file each, loaded as one library whose name carries its content.

The version is a hash of the source: a hub that brings other Functions loads another library beside the old one, so
hubs of two versions work on one store at the same time.
"""

from hashlib import sha256
from importlib.resources import files

SHARED = ("library.lua", "outgoing.lua", "feed.lua")  # in this order


def _sources() -> dict[str, str]:
    folder = files(__package__)
    found = {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".lua")}
    return dict(sorted(found.items()))


def _assemble() -> tuple[str, str]:
    sources = _sources()
    version = sha256("".join(sources.values()).encode()).hexdigest()[:10]
    register = (
        "local function register(name, callback, reads)\n"
        f"  redis.register_function{{function_name = 'hub_{version}_' .. name, callback = callback,"
        " flags = reads and {'no-writes'} or {}}\n"
        "end\n"
    )
    operations = (f"do\n{text}\nend\n" for name, text in sources.items() if name not in SHARED)
    shared = "\n".join(sources[name] for name in SHARED)
    return version, f"#!lua name=hub_{version}\n{shared}\n{register}{''.join(operations)}"


VERSION, LIBRARY = _assemble()
LIBRARY_NAME = f"hub_{VERSION}"


def function_name(operation: str) -> str:
    """Return the name under which an operation of this version is called."""
    return f"hub_{VERSION}_{operation}"
