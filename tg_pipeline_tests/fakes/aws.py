"""AWS on loopback, by moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import boto3
import requests
from moto.server import ThreadedMotoServer

REGION: Final = "us-east-1"


@contextmanager
def moto_server() -> Iterator[str]:
    """Run an AWS in this process, and return its address. It is empty at both ends."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        requests.post(f"{endpoint}/moto-api/reset", timeout=10).raise_for_status()
        yield endpoint
        requests.post(f"{endpoint}/moto-api/reset", timeout=10).raise_for_status()
    finally:
        server.stop()


@cache
def client_of(endpoint: str, service: str) -> Any:
    """Return a client of a service at an address, with credentials that grant nothing."""
    client: Any = boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="anyone",
        aws_secret_access_key="anything",  # noqa: S106 - moto accepts any
    )
    return client
