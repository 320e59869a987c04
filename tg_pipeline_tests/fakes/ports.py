"""Addresses that a process keeps when it is started anew."""

import socket
from random import SystemRandom

BELOW_THE_SYSTEMS_OWN = range(20_000, 32_000)
"""No client is given one of these for its own end while the process that listens is down."""


def free_port() -> int:
    """Give a port of loopback that nobody listens at."""
    while True:
        port = SystemRandom().choice(BELOW_THE_SYSTEMS_OWN)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
