"""A server that speaks S3: where it is, and who may use it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

REGION: Final = "us-east-1"


@dataclass(frozen=True)
class S3Server:
    """An address, and credentials for it."""

    address: str
    key: str
    secret: str

    @property
    def settings(self) -> dict[str, str]:
        """Give the standard AWS variables of a client of it."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": REGION,
        }

    def client(self) -> Any:
        """Give boto3's client of it, to look at what there is."""
        return _client(self)


@contextmanager
def running_moto() -> Iterator[S3Server]:
    """Run an imitation of S3 in this process, which takes any credentials."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells of each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Server(f"http://{host}:{port}", "anyone", "anything")
    finally:
        server.stop()


@cache
def _client(server: S3Server) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=server.key,
        aws_secret_access_key=server.secret,
    )
