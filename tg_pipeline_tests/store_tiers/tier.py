"""The kinds of stores that all promises are to hold on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from tg_pipeline_tests.store_tiers.ceph import missing_programs, running_ceph
from tg_pipeline_tests.store_tiers.server import S3Server, running_moto

CEPH: Final = "ceph"
TIERS: Final = ("file", "memory", "moto", CEPH)
BUCKET: Final = "a-store-of-the-tests"


@dataclass(frozen=True)
class Tier:
    """A kind of store, and the server of it if it has one."""

    name: str
    server: S3Server | None = None

    def new_place(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        """Give the URI of a place that is empty, and set what its clients need to know."""
        if self.name == "file":
            return folder.as_uri()
        if self.server is None:
            return f"memory://{folder}"
        for name, value in self.server.settings.items():
            monkeypatch.setenv(name, value)
        # Whoever resets moto takes the bucket with it, and to make one's own again is no error.
        self.server.client().create_bucket(Bucket=BUCKET)
        return f"s3://{BUCKET}/{uuid4().hex}"


@contextmanager
def running(name: str) -> Iterator[Tier]:
    """Give a tier, with its server running; skips the test where that is not installed."""
    if name == "moto":
        with running_moto() as server:
            yield Tier(name, server)
    elif name == CEPH:
        if missing := missing_programs():
            pytest.skip(f"{', '.join(missing)} not installed: make ceph installs them")
        with (
            tempfile.TemporaryDirectory(prefix="ceph-") as folder,
            running_ceph(Path(folder)) as server,
        ):
            yield Tier(name, server)
    else:
        yield Tier(name)
