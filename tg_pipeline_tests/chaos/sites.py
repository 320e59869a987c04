"""`ChaosSite`: where a world stores its data, on a disk that can be full or in a bucket that fails.

The disk is a small file system in memory if this user may mount one; else it is never full.
"""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Final

import requests
from aiohttp import web

from lambda_ingest.local_disk import STAGED, sweep_staged_files
from tg_pipeline_tests.fakes import aws
from tg_pipeline_tests.fakes.litter import find_litter, find_uploads
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.fakes.s3.failing_proxy import (
    CUT_MIDWAY,
    LATE,
    TROUBLES,
    FailingProxy,
    is_anything,
)
from tg_pipeline_tests.integration.object_stores import ceph
from tg_pipeline_tests.integration.object_stores.tier import S3Server

DISK, S3, CEPH = "disk", "s3", "ceph"
STORES: Final = (DISK, S3, CEPH)
"""S3 is moto's, in a bucket with versions. Ceph 16 ignores `If-None-Match` in such a bucket, so one
update could replace another there: its bucket has none."""

DISK_BYTES: Final = 512 * 1024 * 1024
BUCKET: Final = "chaos"
SHARE_OF_FAULTS: Final = 0.2
LANDING, LAKE, REBUILT = "landing", "lake", "rebuilt"

EXPIRED: Final = "ExpiredToken"
PASSING: Final = (*(each for each in TROUBLES if each != EXPIRED), LATE, CUT_MIDWAY)
"""Faults that are over if a request is made again. The other is rare, since it ends a build."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOTO_SECONDS: Final = 30.0
"""How long moto may take to start."""


@dataclass
class ChaosSite:
    """A place for a landing zone and a lake, and ways to make it fail."""

    name: str
    folder: Path
    """For Dagster's history, temporary files, and on a disk for everything else."""
    outputs: Path
    """For what processes print, on a disk that is never full."""
    root_uri: str
    calm: dict[str, str]
    """The settings of the store."""
    failing: dict[str, str]
    """The settings of a store whose requests fail often."""
    server: S3Server | None = None
    can_be_full: bool = False
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of all processes of the world."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TG_", "TELEGRAM_", "AWS_", "DAGSTER_"))
        }
        places = {
            "TG_LANDING_URI": f"{self.root_uri}/{LANDING}",
            "TG_LAKE_URI": f"{self.root_uri}/{LAKE}",
            "DAGSTER_HOME": str(self.folder / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            "TMPDIR": str(self.folder / "tmp"),
        }
        return inherited | places | self.calm

    def prepare(self) -> None:
        for name in ("tmp", "dagster"):
            (self.folder / name).mkdir()
        (self.folder / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    def objects(self, zone: str) -> dict[str, bytes]:
        """Read all objects of the landing zone or a lake, by key."""
        if self.server is None:
            root = self.folder / zone
            paths = (path for path in root.rglob("*") if path.is_file())
            return {str(path.relative_to(root)): path.read_bytes() for path in paths}
        client = self.server.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{zone}/")
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return {
            key.removeprefix(f"{zone}/"): client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in keys
        }

    def litter(self) -> list[str]:
        """Return what killed processes left, after the next start of each an hour later."""
        temporary = self.folder / "tmp"
        if self.server is not None:
            return find_litter(temporary) + find_uploads(self.server.client(), [BUCKET])
        landing, lake = self.folder / LANDING, self.folder / LAKE
        sweep_staged_files(landing, lambda: datetime.now(UTC) + timedelta(hours=2))
        return find_litter(temporary, landing, lake) + [
            str(path) for path in (landing / STAGED).glob("*")
        ]

    def digests(self, zone: str) -> dict[str, str]:
        """Return the SHA-256 of each Parquet object of a lake."""
        return {
            key: hashlib.sha256(body).hexdigest()
            for key, body in self.objects(zone).items()
            if key.endswith(".parquet")
        }

    def put(self, key: str, body: bytes) -> bool:
        """Put an object into the landing zone, as an operator who copies a file.

        Return whether there was room for it.
        """
        if self.server is not None:
            self.server.client().put_object(Bucket=BUCKET, Key=f"{LANDING}/{key}", Body=body)
            return True
        path = self.folder / LANDING / key
        copy = self.folder / f"copy-{path.name}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(body)
            copy.replace(path)
        except OSError as error:
            copy.unlink(missing_ok=True)
            if error.errno != errno.ENOSPC:
                raise
            return False
        return True

    def fill(self, left: int) -> None:
        """Leave some bytes of the disk free."""
        disk = os.statvfs(self.folder)
        size = disk.f_bavail * disk.f_frsize - left
        if self.can_be_full and size > 0:
            self.faults["full disk"] += 1
            with suppress(OSError), self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def keep(self, seed: str) -> Path:
        """Copy everything to where it can be looked at; return the folder."""
        kept = Path(tempfile.mkdtemp(prefix=f"kept-{seed}-"))
        shutil.copytree(self.outputs, kept / "outputs")
        shutil.copytree(self.folder, kept / "disk", ignore=shutil.ignore_patterns("lambda"))
        for zone in (LANDING, LAKE, REBUILT) if self.server else ():
            for key, body in self.objects(zone).items():
                path = kept / zone / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        return kept

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def open_site(store: str, seed: str) -> Iterator[ChaosSite]:
    """Open a site, which is deleted with the end of the block."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as parent:
        folder, outputs = Path(parent, "disk"), Path(parent, "outputs")
        for each in (folder, outputs):
            each.mkdir()
        opened = _open_disk if store == DISK else partial(_open_bucket, store, seed)
        with opened(folder, outputs) as site:
            site.prepare()
            yield site


@contextmanager
def _open_disk(folder: Path, outputs: Path) -> Iterator[ChaosSite]:
    with _small_disk(folder) as is_small:
        yield ChaosSite(DISK, folder, outputs, folder.as_uri(), {}, {}, can_be_full=is_small)


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small file system, if this user may; yield whether that was done."""
    options = f"size={DISK_BYTES},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    mounted = _succeeds(*mount)
    try:
        yield mounted
    finally:
        if mounted:
            _succeeds("umount", "--lazy", str(folder))


def _succeeds(*command: str) -> bool:
    program = shutil.which(command[0])
    if program is None:
        return False
    done = subprocess.run([program, *command[1:]], capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def _open_bucket(store: str, seed: str, folder: Path, outputs: Path) -> Iterator[ChaosSite]:
    with ExitStack() as stack:
        is_ceph = store == CEPH and not ceph.missing_programs()
        server = stack.enter_context(_ceph_server() if is_ceph else _moto_server())
        client = server.client()
        client.create_bucket(Bucket=BUCKET)
        if not is_ceph:
            client.put_bucket_versioning(
                Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
            )
        proxy = CountingProxy(
            server.address,
            Random(f"{seed} faults"),
            SHARE_OF_FAULTS,
            cycle([*PASSING * 9, EXPIRED]),
            is_anything,
        )
        site_of_proxy = stack.enter_context(Loopback(proxy.application))
        yield ChaosSite(
            CEPH if is_ceph else S3,
            folder,
            outputs,
            f"s3://{BUCKET}",
            server.settings,
            server.settings | {"AWS_ENDPOINT_URL": site_of_proxy.url},
            server,
            faults=proxy.counts,
        )


@dataclass
class CountingProxy(FailingProxy):
    """A failing proxy that only counts its failures: there are thousands."""

    counts: Counter[str] = field(default_factory=Counter)

    def application(self) -> web.Application:
        application = super().application()
        application.middlewares.append(self._count)
        return application

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            self.counts.update(self.met)
            self.met.clear()


@contextmanager
def _ceph_server() -> Iterator[S3Server]:
    with (
        tempfile.TemporaryDirectory(prefix="ceph-") as folder,
        ceph.running_ceph(Path(folder)) as address,
    ):
        yield S3Server(address, ceph.KEY, ceph.SECRET)


@contextmanager
def _moto_server() -> Iterator[S3Server]:
    """Run moto as a process of its own."""
    port = free_port()
    program = Path(sys.executable).parent / "moto_server"
    process = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield S3Server(address, aws.KEY, aws.SECRET)
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + MOTO_SECONDS
    while True:
        try:
            requests.get(address, timeout=5)
        except requests.RequestException:
            assert time.monotonic() < deadline, "moto does not start"
            time.sleep(0.1)
        else:
            return
