"""A self-hosted real-time notification hub.

Pure rules in the middle; one engine that decides and publishes in a single atomic step per account; gateways
that only obey, and write bytes. Five laws:

1. The core decides, the shell acts. `core` takes values (also `now` and chance) and returns values.
2. One fact, one log. What a user can see is an entry in that user's numbered log, written once.
3. The log is the truth, pub/sub is a doorbell. A lost message is found by the next sequence number.
4. One account, one slot. One Function call appends, counts, elects and publishes in one atomic step.
5. Shells never call each other. Gateway, API, workers and channels meet only in the engine.

core        the rules: who is told what, why, in which tab
engine      the memory: Valkey or Redis, its Functions, keys and channels; the embedded store
gateway     the edge: WebSocket connections and the fast lane to them
api         the HTTP routes, the documents made from them, the demo page
workers     the hands: large audiences, e-mail and text, what is due
app         the composition root, and the processes it runs in: the store they need, the socket they share
settings    every HUB_ setting; metrics, every counter by name; cli, the commands
"""

__version__ = "0.1.0"
