"""A client that posts to the admin chat, in this process or in another."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambda_ingest.settings import Secret
from lambda_ingest.store import open_store
from tg_pipeline.builds.digest import AdminChat, PostOutcome
from tg_pipeline.storage.idempotency import IdempotencyStore
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.messages import RateLimitRetry, plain
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN

CHECKOUT = Path(__file__).parents[3]
CHAT = "-1001234567890"
KEY = "digests/-1001234567890/2026-10-07/text.json"
TEXT = [(plain("Good morning."),)]


@dataclass
class Poster:
    """A client with its log messages, and its waits in seconds."""

    lake_uri: str
    api_url: str
    waits: list[float] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    while_waiting: Callable[[], None] = lambda: None

    @property
    def claims(self) -> IdempotencyStore:
        return IdempotencyStore(open_store(self.lake_uri), lambda: datetime.now(UTC))

    def post(self, *, again: bool = False, api: Any = None) -> PostOutcome:
        patience = RateLimitRetry(self._sleep, self.log.append, max_wait=90)
        with BotApiClient(Secret(TOKEN), self.api_url) as calls:
            chat = AdminChat(api or calls, CHAT, self.claims, patience)
            return chat.post_text(KEY, TEXT, again=again)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.while_waiting()


class KillingApi:
    """An API whose first call kills the process."""

    def call_typed(self, *_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class PostingProcess:
    """A process that posts the text, or is killed before it sends it."""

    def __init__(self, poster: Poster, *, is_killed: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, poster.lake_uri, poster.api_url, *["x"] * is_killed],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline(), "it did not start"

    def start_posting(self) -> None:
        assert self._process.stdin
        print(file=self._process.stdin, flush=True)

    def wait(self) -> int:
        self._process.communicate()
        return self._process.returncode


def main(lake_uri: str, api_url: str, *rest: str) -> None:
    """Post once a line is written to standard input."""
    print("ready", flush=True)  # noqa: T201
    input()
    Poster(lake_uri, api_url).post(api=KillingApi() if rest else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
