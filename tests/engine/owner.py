"""A hub reduced to the ownership of its store, as a process of its own that can be killed: `python owner.py DIR`."""

import sys

from hub.engine.embedded import EmbeddedStore, StoreInUse

if __name__ == "__main__":
    store = EmbeddedStore(sys.argv[1])
    try:
        print(store.start(), store.pid, "adopted" if store.adopted else "started", flush=True)
    except StoreInUse as error:
        print("refused", error, flush=True)
        sys.exit(3)
    sys.stdin.read()
    store.stop()
