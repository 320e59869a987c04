"""A bucket on loopback, with a proxy in front of it that makes puts fail."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

import requests
from moto.server import ThreadedMotoServer
from obstore.store import ObjectStore, S3Store

from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.proxy import FailingProxy

NAME: Final = "landing"
OFTEN: Final = 0.2
"""The share of puts that fail."""


@dataclass(frozen=True)
class Bucket:
    """A bucket with its own address, and that of the proxy."""

    address: str
    address_of_proxy: str
    proxy: FailingProxy

    @property
    def settings(self) -> dict[str, str]:
        """The settings for direct access."""
        return {
            "TG_LANDING_URI": f"s3://{NAME}",
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_REGION": "us-east-1",
        }

    @property
    def failing_settings(self) -> dict[str, str]:
        """The settings for access through the proxy."""
        return self.settings | {"AWS_ENDPOINT_URL": self.address_of_proxy}

    def store(self) -> ObjectStore:
        """Open the bucket directly."""
        return S3Store(
            NAME,
            endpoint=self.address,
            region="us-east-1",
            access_key_id="anyone",
            secret_access_key="anything",  # noqa: S106 - moto accepts any
            client_options={"allow_http": True},
        )


@contextmanager
def failing_bucket(random: Random, chance: float, troubles: Iterable[str]) -> Iterator[Bucket]:
    """Run an empty bucket whose puts fail in these ways."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells of each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    proxy = FailingProxy(address, random, chance, iter(troubles))
    try:
        requests.post(f"{address}/moto-api/reset", timeout=30).raise_for_status()
        requests.put(f"{address}/{NAME}", timeout=30).raise_for_status()
        with Loopback(proxy.application) as site:
            yield Bucket(address, site.url, proxy)
    finally:
        server.stop()
