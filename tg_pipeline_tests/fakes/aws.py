"""AWS on loopback, by moto."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import boto3
import requests
from moto.server import ThreadedMotoServer

REGION: Final = "us-east-1"
KEY, SECRET = "anyone", "anything"
"""Moto accepts any."""


def moto_settings(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
    }


@contextmanager
def moto_server() -> Iterator[str]:
    """Run an AWS in this process, and return its address. It is empty at both ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it logs each request
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
def client_of(endpoint: str, service: str, key: str = KEY, secret: str = SECRET) -> Any:
    """Return a client of a service at an address; the default credentials grant nothing."""
    client: Any = boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )
    return client
