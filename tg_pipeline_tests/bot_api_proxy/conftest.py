"""A proxy in front of the tests' own Telegram, or of any server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline_tests.fakes.processes.proxy_process import ProxyProcess
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

MINUTE = 60.0

NewProxy = Callable[..., ProxyProcess]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def new_proxy(tmp_path: Path) -> Iterator[NewProxy]:
    started: list[ProxyProcess] = []

    def begin(upstream: str, **settings: str) -> ProxyProcess:
        proxy = ProxyProcess(tmp_path, upstream, settings)
        started.append(proxy)
        proxy.start()
        return proxy

    yield begin
    for each in started:
        each.kill()


@pytest.fixture
def proxy(new_proxy: NewProxy, telegram: TelegramServer) -> ProxyProcess:
    return new_proxy(telegram.url)


def wait_for_calls(proxy: ProxyProcess, count: int = 1) -> None:
    """Wait until calls have landed, and the spool is empty."""
    wait_until(lambda: len(proxy.calls()) >= count and not proxy.spooled(), proxy)


def wait_until(holds: Callable[[], object], proxy: ProxyProcess) -> None:
    deadline = time.monotonic() + MINUTE
    while not holds():
        assert time.monotonic() < deadline, (proxy.said(), proxy.calls(), proxy.spooled())
        time.sleep(0.02)
