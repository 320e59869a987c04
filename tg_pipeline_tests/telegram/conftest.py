"""A Bot API of a test's own, and the calls of its bot."""

from collections.abc import Iterator

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def api(telegram: TelegramServer) -> Iterator[BotApiClient]:
    with BotApiClient(Secret(telegram.token), telegram.url) as calls:
        yield calls
