"""A fake Bot API, and a client for it."""

import logging
from collections.abc import Iterator

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

SECRET_HALF = "AAH-not_a_real_token-but_as_long_1"  # noqa: S105 - it opens nothing
TOKEN = Secret(f"7000000007:{SECRET_HALF}")


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer(token=TOKEN.reveal()) as server:
        yield server


@pytest.fixture
def api(telegram: TelegramServer) -> Iterator[BotApiClient]:
    with BotApiClient(TOKEN, telegram.url) as client:
        yield client


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog
