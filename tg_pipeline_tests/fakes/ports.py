"""Ports that a process can keep when it is restarted."""

import socket
from random import SystemRandom

BELOW_EPHEMERAL_PORTS = range(20_000, 32_000)
"""Outside of the ephemeral ports, so that no client gets one while the server is down."""


def free_port() -> int:
    while True:
        port = SystemRandom().choice(BELOW_EPHEMERAL_PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
