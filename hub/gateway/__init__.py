"""The edge: WebSocket connections, and the fast lane to them. It obeys the engine and decides nothing itself.

endpoint   the door: origin, subprotocol, accept; then the tab lives on alone
protocol   the raw connection after the upgrade; all that is owed in a tick is one write (incoming: the reading half)
tab        a connection with its session: decodes, asks core.session, carries out; errands: what needs the store
arrival    how a tab gets its seat: who, subscribe, attach, welcome, then what arrived meanwhile
views      log-in-as sessions: who may look, whose tabs they are (view: what one session's tabs are told)
person     where one person's log stands here, and which tabs hear of it
roster     who is here: people by account, their channels (listening), gaps repaired from the log
following  people as the directory has them, on the open socket
fanout     from a message of the bus to bytes on sockets, without a wait
pulse      timers: deadlines and pings, offers, leases, token expiry, tail checks (wheel: many deadlines, one timer)
drain      a shutdown in batches; echo: for conformance suites
gateway    all of it put together

The way of a message: bus -> Fanout.on_message -> Person (its numbers) -> Tab.owe -> Outbox, once a tick -> transport.
The way of a tab's word: Connection.data_received -> Tab.received -> Session -> sent, or an errand in the tab's line.
"""

from hub.gateway.gateway import Gateway
from hub.gateway.protocol import HubProtocol

__all__ = ["Gateway", "HubProtocol"]
