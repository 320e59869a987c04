"""A bucket on loopback, with a proxy in front of it that makes puts fail."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from obstore.store import ObjectStore, S3Store

from tg_pipeline_tests.fakes.aws import (
    KEY,
    REGION,
    SECRET,
    client_of,
    moto_server,
    moto_settings,
)
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.s3.failing_proxy import FailingProxy

NAME: Final = "landing"
OFTEN: Final = 0.2
"""The share of puts that fail."""


@dataclass(frozen=True)
class Bucket:
    address: str
    address_of_proxy: str
    proxy: FailingProxy

    @property
    def settings(self) -> dict[str, str]:
        return {"TG_LANDING_URI": f"s3://{NAME}"} | moto_settings(self.address)

    @property
    def failing_settings(self) -> dict[str, str]:
        return self.settings | {"AWS_ENDPOINT_URL": self.address_of_proxy}

    def store(self) -> ObjectStore:
        return S3Store(
            NAME,
            endpoint=self.address,
            region=REGION,
            access_key_id=KEY,
            secret_access_key=SECRET,
            client_options={"allow_http": True},
        )


@contextmanager
def failing_bucket(random: Random, chance: float, troubles: Iterable[str]) -> Iterator[Bucket]:
    with moto_server() as address:
        client_of(address, "s3").create_bucket(Bucket=NAME)
        proxy = FailingProxy(address, random, chance, iter(troubles))
        with Loopback(proxy.application) as site:
            yield Bucket(address, site.url, proxy)
