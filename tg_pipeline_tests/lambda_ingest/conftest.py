"""A landing zone, and a container of the Lambda that writes to it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.handler import open_dispatcher
from lambda_ingest.settings import ForwardSettings, Secret
from lambda_ingest.store import open_store
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.web.forward import Forwarder
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event

ARRIVED = datetime(2026, 10, 7, 15, 0, tzinfo=UTC)
SENT = int(ARRIVED.timestamp()) - 60
DAY_FOLDER = "telegram/context_date=2026-10-07"


def update(update_id: int, kind: str = "message", **content: Any) -> bytes:
    """Return an update that happened a minute before it arrives."""
    happened = {"edit_date": SENT} if kind.startswith("edited_") else {"date": SENT}
    return json.dumps({"update_id": update_id, kind: happened | content}).encode()


def stored(landing: ObjectStore, prefix: str | None = None) -> dict[str, bytes]:
    """Return the objects; the journals of arrivals and the markers of gaps are left out."""
    keys = [meta["path"] for meta in obstore.list(landing, prefix).collect()]
    keys = [key for key in keys if not key.startswith((JOURNAL_PREFIX, GAPS_PREFIX))]
    return {key: obstore.get(landing, key).bytes().to_bytes() for key in keys}


class Container:
    def __init__(self, settings: dict[str, str]) -> None:
        self.now = ARRIVED
        self.clock_step = timedelta(0)
        """How much time passes between two looks at the clock."""
        self.log = StringIO()
        self.landing = open_store(settings["TG_LANDING_URI"])
        self.dispatcher = open_dispatcher(settings, self.log, self._read_clock)

    def handle(self, event: object) -> dict[str, Any]:
        return self.dispatcher.handle(event, 25.0)

    def post(self, body: bytes, /, **fields: Any) -> dict[str, Any]:
        return self.handle(http_event(body) | fields)

    def status(self, body: bytes, /, **fields: Any) -> int:
        status: int = self.post(body, **fields)["statusCode"]
        return status

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def stored(self) -> dict[str, bytes]:
        return stored(self.landing)

    def _read_clock(self) -> datetime:
        now = self.now
        self.now += self.clock_step
        return now


@pytest.fixture(params=["file", "memory"])
def landing_uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    folder = tmp_path / "landing"
    return folder.as_uri() if request.param == "file" else f"memory://{folder}"


@pytest.fixture
def landing(landing_uri: str) -> ObjectStore:
    return open_store(landing_uri)


@pytest.fixture
def new_container(tmp_path: Path) -> Callable[..., Container]:
    """Return a factory of containers that share a landing folder, each with its own settings."""
    defaults = {
        "TG_LANDING_URI": (tmp_path / "landing").as_uri(),
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": SECRET,
    }
    return lambda **settings: Container(defaults | settings)


@pytest.fixture
def container(new_container: Callable[..., Container]) -> Container:
    return new_container()


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Set credentials for a bucket; a test sets its address, AWS_ENDPOINT_URL."""
    settings = {
        "AWS_ACCESS_KEY_ID": "an-id",
        "AWS_SECRET_ACCESS_KEY": "open-sesame",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture(scope="module")
def folder_in_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder without a slow disk, if the system has one."""
    memory = Path("/dev/shm")  # noqa: S108 - only the new folder in it is written to
    parent = memory if memory.is_dir() else tmp_path_factory.mktemp("folder")
    with TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


@pytest.fixture
def forward_to() -> Iterator[Callable[..., Forwarder]]:
    """Return a factory of forwarders, whose connections are closed at the end."""
    made: list[Forwarder] = []

    def forward_to(url: str, seconds: float = 20.0, secret_token: str | None = None) -> Forwarder:
        secret = Secret(secret_token) if secret_token else None
        made.append(Forwarder(ForwardSettings(Secret(url), secret, seconds)))
        return made[-1]

    yield forward_to
    for forwarder in made:
        forwarder.close()
