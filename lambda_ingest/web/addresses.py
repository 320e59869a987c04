"""The addresses that Telegram calls webhooks from."""

from ipaddress import IPv4Network, IPv6Address, ip_address
from typing import Final

TELEGRAM_NETWORKS: Final = (IPv4Network("149.154.160.0/20"), IPv4Network("91.108.4.0/22"))
"""https://core.telegram.org/bots/webhooks#the-short-version"""


def is_from_telegram(address: str) -> bool:
    """Return whether an address, of which a server saw a connection, is one of Telegram's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    # A server that listens on IPv6 sees an IPv4 caller as ::ffff:a.b.c.d.
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return False
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in TELEGRAM_NETWORKS)
