"""A Ceph cluster of one node on loopback: a monitor, a store in memory, and the S3 gateway.

https://docs.ceph.com/en/pacific/install/manual-deployment/
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import requests

from tg_pipeline_tests.fakes.ports import free_port

PROGRAMS: Final = (
    *("ceph", "ceph-authtool", "monmaptool", "ceph-mon", "ceph-osd"),
    *("radosgw", "radosgw-admin"),
)
"""From Debian's packages radosgw, ceph-mon and ceph-osd, and their dependencies."""

GATEWAY: Final = "client.rgw"
KEY, SECRET = "an-id-of-ceph", "open-sesame-of-ceph"
START_SECONDS: Final = 180.0
"""On an idle machine it takes about 15."""

STOP_SECONDS: Final = 20.0

CONFIG: Final = """\
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/$name.keyring
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file =
crash dir = {folder}
mon data = {folder}/mon
mon data avail crit = 1
mon allow pool size one = true
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
rgw data = {folder}/rgw
"""


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def running_ceph(folder: Path) -> Iterator[str]:
    """Run a cluster with temporary data; return the address of its S3 gateway.

    `folder` needs a short name: the path of a Unix socket in it has at most 107 characters.
    """
    node = _Node(folder)
    with ExitStack() as daemons:
        node.make_monitor()
        daemons.enter_context(node.daemon("ceph-mon", "-i", "a"))
        node.make_store()
        daemons.enter_context(node.daemon("ceph-osd", "-i", "0"))
        port = free_port()
        node.make_gateway()
        frontend = f"--rgw-frontends=beast endpoint=127.0.0.1:{port}"
        daemons.enter_context(node.daemon("radosgw", "-n", GATEWAY, frontend))
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        user = ("--uid=tests", "--display-name=Tests", f"--access-key={KEY}")
        node.run("radosgw-admin", "user", "create", *user, f"--secret-key={SECRET}")
        yield address


class _Node:
    def __init__(self, folder: Path) -> None:
        self._folder, self._fsid, self._port = folder, str(uuid4()), free_port()
        self._config = folder / "ceph.conf"
        self._config.write_text(
            CONFIG.format(folder=folder, fsid=self._fsid, port=self._port), encoding="ascii"
        )

    def run(self, program: str, *arguments: str) -> str:
        command = [program, "-c", str(self._config), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=START_SECONDS
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2_000:]}"
        return done.stdout

    @contextmanager
    def daemon(self, program: str, *arguments: str) -> Iterator[None]:
        """Run a program as a process in the foreground, until the end of the context."""
        command = [program, "-c", str(self._config), "-f", *arguments]
        with (self._folder / f"{program}.out").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            _stop(process)

    def make_monitor(self) -> None:
        keys, monmap = str(self._path("mon.keyring")), str(self._path("monmap"))
        admin = str(self._path("client.admin.keyring"))
        _call("ceph-authtool", "-C", keys, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        caps = [w for who in ("mon", "osd", "mgr") for w in ("--cap", who, "allow *")]
        _call("ceph-authtool", "-C", admin, "--gen-key", "-n", "client.admin", *caps)
        _call("ceph-authtool", keys, "--import-keyring", admin)
        address = f"[v2:127.0.0.1:{self._port}]"
        _call("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, monmap)
        self._path("mon").mkdir()
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keys)

    def make_store(self) -> None:
        """Create the storage daemon; the cluster and the daemon share a UUID."""
        uuid, keys, secret = str(uuid4()), str(self._path("osd.0.keyring")), self._path("secret")
        key = _call("ceph-authtool", "--gen-print-key").strip()
        secret.write_text(json.dumps({"cephx_secret": key}), encoding="ascii")
        self.run("ceph", "osd", "new", uuid, "-i", str(secret))
        _call("ceph-authtool", "-C", keys, "-n", "osd.0", "--add-key", key)
        self._path("osd").mkdir()
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid)

    def make_gateway(self) -> None:
        keys = self._path(f"{GATEWAY}.keyring")
        caps = ("mon", "allow rw", "osd", "allow rwx")
        keys.write_text(self.run("ceph", "auth", "get-or-create", GATEWAY, *caps), encoding="ascii")
        self._path("rgw").mkdir()

    def _path(self, name: str) -> Path:
        return self._folder / name


def _call(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(requests.RequestException):
            requests.get(address, timeout=5)
            return
        assert time.monotonic() < deadline, "the gateway does not start"
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
