"""Somebody who posts to the admin chat, in this process or in one of their own."""

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
from tg_pipeline.builds.admin_chat import AdminChat, Outcome
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.messages import RateLimitRetry, plain
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN

CHECKOUT = Path(__file__).parents[2]
CHAT = "-1001234567890"
KEY = "digests/-1001234567890/2026-10-07/text.json"
TEXT = [(plain("Good morning."),)]


@dataclass
class Poster:
    """A machine that posts, what it was told while it waited, and for how long it did."""

    lake_uri: str
    api_url: str
    waited: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    sleep: Callable[[float], None] | None = None

    @property
    def claims(self) -> IdempotencyStore:
        return IdempotencyStore(open_store(self.lake_uri), lambda: datetime.now(UTC))

    def post(self, *, again: bool = False, api: Any = None) -> Outcome:
        """Post the text."""
        patience = RateLimitRetry(self.sleep or self.waited.append, self.told.append, max_wait=90)
        with BotApiClient(Secret(TOKEN), self.api_url) as calls:
            chat = AdminChat(api or calls, CHAT, self.claims, patience)
            return chat.post_text(KEY, TEXT, again=again)


class Killer:
    """Calls of which the first is the last thing that a process does."""

    def call_typed(self, *_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Machine:
    """A process that claims the text and then sends it, or dies before it does."""

    def __init__(self, poster: Poster, *, dies: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, poster.lake_uri, poster.api_url, *["dies"] * dies],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def is_ready(self) -> bool:
        """Wait until it has started."""
        return bool(self._process.stdout and self._process.stdout.readline())

    def go(self) -> None:
        """Let it post."""
        assert self._process.stdin
        print(file=self._process.stdin, flush=True)

    def end(self) -> int:
        """Wait for its end; give its exit code."""
        self._process.communicate()
        return self._process.returncode


def main(lake_uri: str, api_url: str, *rest: str) -> None:
    """Post once somebody says so."""
    print("ready", flush=True)  # noqa: T201
    input()
    Poster(lake_uri, api_url).post(api=Killer() if rest else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
