"""HTTP headers that a proxy passes on: all but those about one connection."""

from collections.abc import Iterable
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]

HOP_BY_HOP: Final = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade".split()
)
"""Headers about one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1"""


def end_to_end(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers that a proxy passes on, with their names in lower case."""
    pairs = [(name.lower(), value) for name, value in headers]
    named = {
        word.strip().lower()
        for name, value in pairs
        if name == b"connection"
        for word in value.decode("latin-1").split(",")
    }
    dropped = {name.encode("latin-1") for name in HOP_BY_HOP | named}
    return [(name, value) for name, value in pairs if name not in dropped]


def as_text(headers: Headers) -> list[tuple[str, str]]:
    """Return headers as text."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
