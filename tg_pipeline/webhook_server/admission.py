"""`Admission`: which connections are open, and which one ends so that a new one has room.

Anyone can open connections and send nothing, or half a request. So there are bounds for all and for
each address; beyond them a new connection replaces the one that has waited longest for a request.
A caller that sends its request at once, as Telegram does, is served however many others are silent.
"""

import resource
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Protocol

MAX_UPDATES: Final = 100
"""Updates that are handled at once: as many as Telegram sends at most; further ones wait.

https://core.telegram.org/bots/api#setwebhook (max_connections)
"""

MAX_CONNECTIONS: Final = 5 * MAX_UPDATES
"""Each takes 256 KiB if it is encrypted."""

MAX_CONNECTIONS_PER_ADDRESS: Final = 2 * MAX_UPDATES
"""An address may be that of a proxy, which passes on all that Telegram sends."""

RESERVED_FILES: Final = 3 * MAX_UPDATES + 50
"""Files that are open besides connections: an update is written, forwarded and stored in a bucket
by one of each at most; the rest is Python's."""

LEAST_CONNECTIONS: Final = 50
"""If the limit of open files is very low."""

IPV6_PREFIX: Final = 64
"""Bits of an IPv6 address that identify a customer: https://www.rfc-editor.org/rfc/rfc6177."""


class Admitted(Protocol):
    """An open connection."""

    @property
    def is_working(self) -> bool:
        """Whether a complete request is handled, so that it must not be closed."""
        ...

    @property
    def waiting_since(self) -> float:
        """When it began to wait for a request."""
        ...

    def abort(self) -> None:
        """Close it at once."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """The open connections, by the network of their client."""

    limit: int = MAX_CONNECTIONS
    limit_per_address: int = MAX_CONNECTIONS_PER_ADDRESS
    _open: dict[Admitted, str] = field(default_factory=dict)

    def make_room(self, address: str) -> bool:
        """Return whether a connection of an address may be opened; this may close another one."""
        network = client_network(address)
        counts = Counter(self._open.values())
        if counts[network] >= self.limit_per_address:
            return self._close_one_of({network})
        if len(self._open) < self.limit:
            return True
        largest = max(counts.values())
        crowd = {each for each, count in counts.items() if count == largest}
        return self._close_one_of(crowd) or self._close_one_of(counts.keys())

    def add(self, connection: Admitted, address: str) -> None:
        """Count a connection."""
        self._open[connection] = client_network(address)

    def discard(self, connection: Admitted) -> None:
        """Count a connection no longer, if it is counted."""
        self._open.pop(connection, None)

    def _close_one_of(self, networks: Iterable[str]) -> bool:
        among = set(networks)
        waiting = [
            each for each, network in self._open.items() if network in among and not each.is_working
        ]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each.waiting_since)
        self.discard(oldest)
        oldest.abort()
        return True


def client_network(address: str) -> str:
    """Return the address of a client or, of IPv6, the network of which it can use any address."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def connection_limit(open_files: int) -> int:
    """Return how many connections may be open, given the limit of open files."""
    return max(LEAST_CONNECTIONS, min(MAX_CONNECTIONS, open_files - RESERVED_FILES))


def raise_open_file_limit() -> int:
    """Raise the limit of open files as far as it may be without privileges; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS reports no hard limit, and refuses to set that.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard
    return soft
