"""Which network addresses a webhook may go to: those of the public Internet, and what the operator allows.

Else whoever may enter a webhook's URL could make the hub ask for what only the hub can reach: the machines beside it,
the store, a cloud's metadata (server-side request forgery). A name is resolved once, every address it has is judged,
and the connection goes to an address that was judged, so a name that answers differently the next moment gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

RESOLVE_SECONDS = 5.0
# Threads of their own, of which a host has one at most: names that a stranger entered, whose servers never answer, hold
# up no mail server's name, and no more than themselves among webhooks.
_RESOLVERS = ThreadPoolExecutor(16, "webhook-names")
_asked: dict[tuple[str, int], Future[Any]] = {}

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_INSIDE = tuple(  # what Python of some versions takes for global, and what a cloud keeps its metadata under
    ip_network(network) for network in ("168.63.129.16/32", "192.0.0.0/24", "64:ff9b:1::/48", "fec0::/10")
)


class Allowed:
    """Judges addresses; `networks` such as `10.0.0.0/8` are allowed beside the public ones."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(network) for network in networks)

    def __contains__(self, address: str) -> bool:
        try:
            return self.names(address) or is_public(ip_address(address))
        except ValueError:
            return False

    def names(self, address: str) -> bool:
        """Tell whether an address lies in one of the networks."""
        try:
            return any(ip_address(address) in network for network in self._networks)
        except ValueError:
            return False


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a host, in the order in which it would try them. Raise TimeoutError where the
    name servers of the host do not answer in time: the thread that asks them is held until the system gives up."""
    asked = _asked.get((host, port))
    if asked is None:
        asked = _asked[host, port] = _RESOLVERS.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        asked.add_done_callback(lambda _: _asked.pop((host, port), None))
    async with asyncio.timeout(RESOLVE_SECONDS):
        found = await asyncio.shield(asyncio.wrap_future(asked))
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the public Internet, and leads nowhere else by an IPv4 address inside it."""
    if isinstance(address, IPv6Address) and (inner := _embedded(address)):
        return is_public(inner)
    is_special = address.is_multicast or address.is_reserved or any(address in network for network in _INSIDE)
    return address.is_global and not is_special


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Find the IPv4 address that a mapped, translated or tunnelled one stands for."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
