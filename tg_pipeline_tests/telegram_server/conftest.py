"""A server of a test's own, and how a bot calls it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tg_pipeline_tests.telegram_server.server import TelegramServer

Caller = Callable[..., requests.Response]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def call(telegram: TelegramServer) -> Iterator[Caller]:
    """Call a method with parameters as JSON."""
    with requests.Session() as session:

        def called(method: str, **params: Any) -> requests.Response:
            url = f"{telegram.url}/bot{telegram.token}/{method}"
            return session.post(url, json=params, timeout=10)

        yield called
