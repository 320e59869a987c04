"""Any bytes on a connection of `tg-pipeline serve`: no error of the server, no hang."""

import asyncio
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Final

import obstore
import uvicorn
from obstore.store import MemoryStore
from uvicorn.server import ServerState

from lambda_ingest.settings import IngestSettings
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import open_webhook
from tg_pipeline.webhook_server.application import build_application
from tg_pipeline.webhook_server.protocol import WebhookProtocol
from tg_pipeline_tests.lambda_ingest.events import SECRET

ARRIVED: Final = datetime(2026, 10, 7, 15, tzinfo=UTC)
STEPS: Final = (1, 7, 100, 100_000)
"""Bytes that arrive at once."""

HANG_SECONDS: Final = 5.0
"""A connection that is over ends within milliseconds."""

EXPECTED: Final = {"100", "200", "400", "403", "404", "405", "413"}
STATUS: Final = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


class _Connection(asyncio.Transport):
    """A connection in memory that keeps what the server writes."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8443)})
        self.heard = b""
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing:
            self.heard += bytes(data)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    def abort(self) -> None:
        self._is_closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


def check(data: bytes) -> None:
    """Check what the server answers; the first byte chooses how the bytes arrive."""
    step, sent = STEPS[data[0] % len(STEPS)] if data else 1, data[1:]
    landing = MemoryStore()
    heard = asyncio.run(asyncio.wait_for(_exchange(sent, step, landing), HANG_SECONDS))
    statuses = [found.decode() for found in STATUS.findall(heard)]
    assert set(statuses) <= EXPECTED, heard
    stored = obstore.list(landing).collect()
    if stored:
        assert SECRET.encode() in sent
        assert "200" in statuses or not heard, heard


async def _exchange(sent: bytes, step: int, landing: MemoryStore) -> bytes:
    loop, connection = asyncio.get_running_loop(), _Connection()
    state = ServerState()
    protocol = WebhookProtocol(_config(landing), state, 60.0, lambda _: None, loop)
    protocol.connection_made(connection)
    for at in range(0, len(sent), step):
        if connection.is_closing():
            break
        protocol.data_received(sent[at : at + step])
        await asyncio.sleep(0)
    while protocol.is_working and state.tasks:
        await asyncio.wait(state.tasks, return_when=asyncio.FIRST_COMPLETED)
    protocol.connection_lost(None)
    await asyncio.gather(*state.tasks)
    return connection.heard


def _config(landing: MemoryStore) -> uvicorn.Config:
    environment = {
        "TG_LANDING_URI": "memory://landing",
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": SECRET,
        "TG_WEBHOOK_PATH": "/telegram",
    }
    settings = IngestSettings.from_environment(environment)
    metrics = MetricsLogger(StringIO(), settings.bot_id, with_metrics=False)
    handler = open_webhook(settings, metrics, lambda: ARRIVED, lambda _uri, _timeout: landing)
    return uvicorn.Config(
        build_application(handler),
        loop="asyncio",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="error",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
    )
