"""The kinds of stores on which the same tests run: files, memory, moto's S3, and Ceph's."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from tg_pipeline_tests.fakes import aws
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings
from tg_pipeline_tests.integration.object_stores.ceph import (
    KEY,
    SECRET,
    missing_programs,
    running_ceph,
)

CEPH: Final = "ceph"
TIERS: Final = ("file", "memory", "moto", CEPH)
BUCKET: Final = "a-store-of-the-tests"


@dataclass(frozen=True)
class S3Server:
    """A server that speaks S3: its address, and credentials for it."""

    address: str
    key: str
    secret: str

    @property
    def settings(self) -> dict[str, str]:
        credentials = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return moto_settings(self.address) | credentials

    def client(self) -> Any:
        return client_of(self.address, "s3", self.key, self.secret)


@dataclass(frozen=True)
class Tier:
    """A kind of store, and its server if it has one."""

    name: str
    server: S3Server | None = None

    def new_root(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        """Return the URI of an empty place, and set the variables of its clients."""
        if self.name == "file":
            return folder.as_uri()
        if self.server is None:
            return f"memory://{folder}"
        for name, value in self.server.settings.items():
            monkeypatch.setenv(name, value)
        # A reset of moto removes the bucket; creating one's own bucket again is not an error.
        self.server.client().create_bucket(Bucket=BUCKET)
        return f"s3://{BUCKET}/{uuid4().hex}"


@contextmanager
def running(name: str) -> Iterator[Tier]:
    """Run a tier's server, if it has one; skip the test if that is not installed."""
    if name == "moto":
        with moto_server() as address:
            yield Tier(name, S3Server(address, aws.KEY, aws.SECRET))
    elif name == CEPH:
        if missing := missing_programs():
            pytest.skip(f"{', '.join(missing)} not installed: make ceph installs them")
        with (
            tempfile.TemporaryDirectory(prefix="ceph-") as folder,
            running_ceph(Path(folder)) as address,
        ):
            yield Tier(name, S3Server(address, KEY, SECRET))
    else:
        yield Tier(name)
