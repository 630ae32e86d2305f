"""Every counter, gauge and histogram by name. Several processes of one hub count together (`exposition`).

The supervisor of several workers sets PROMETHEUS_MULTIPROC_DIR before they start: each then counts into files
there, and whichever worker is asked adds them up.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
_SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)

# The gateway
TABS = Gauge("hub_tabs", "Tabs connected now", multiprocess_mode="livesum")
TABS_CLOSED = Counter("hub_tabs_closed", "Tabs closed by the hub, by close code", ["code"])
FRAMES_SENT = Counter("hub_frames_sent", "Frames written to tabs")
BYTES_SENT = Counter("hub_bytes_sent", "Bytes written to tabs")
MESSAGES_RECEIVED = Counter("hub_messages_received", "Messages taken from tabs")
SILENT_TABS = Counter("hub_silent_tabs", "Tabs that did not answer an offer in time, so that it went to the next")

# The bus
DOORBELLS = Counter("hub_doorbells", "Messages heard on the bus")
GAPS = Counter("hub_gaps", "Times that a log was read because a doorbell had not rung")
BUS_RECONNECTS = Counter("hub_bus_reconnects", "Times that a bus connection was made again")

# The API
REQUESTS = Counter("hub_requests", "Requests answered, by route and status", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("hub_request_seconds", "Time to answer a request", ["route"], buckets=_FAST)
REQUESTS_LIMITED = Counter("hub_requests_limited", "Requests refused by a rate limit, by kind of credential", ["kind"])
EVENTS = Counter("hub_events", "Events taken, by outcome", ["status"])

# The workers
NOTIFICATIONS = Counter("hub_notifications", "Entries appended to users' logs")
DELIVERIES = Counter("hub_deliveries", "Texts and e-mails that ended: sent, skipped, failed", ["channel", "state"])
DEAD_LETTERS = Counter("hub_dead_letters", "Texts and e-mails that were given up, and are kept to be tried again")
DELIVERY_SECONDS = Histogram(
    "hub_delivery_seconds",
    "Time in which a provider took a text or an e-mail, or refused it",
    ["channel"],
    buckets=_SLOW,
)
WEBHOOK_MESSAGES = Counter("hub_webhook_messages", "Messages to webhooks that ended: sent, failed, dropped", ["state"])
WEBHOOK_SECONDS = Histogram(
    "hub_webhook_seconds", "Time in which a webhook took a message, or failed to", buckets=_SLOW
)
WEBHOOKS_DISABLED = Counter(
    "hub_webhooks_disabled", "Webhooks that were given up, by reason: gone, failing", ["reason"]
)


def exposition() -> bytes:
    """Return all metrics in the text format of Prometheus, those of all workers added up."""
    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def forget_process(pid: int, folder: str) -> None:
    """Take a dead worker out of the gauges; what it counted stays."""
    multiprocess.mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
