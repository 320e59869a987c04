"""The one getUpdates call that may wait for something to happen."""

import asyncio
from contextlib import suppress

from tg_pipeline_tests.telegram_server.answers import ApiError


class LongPoll:
    """Holds a call until there is something to answer, its time is up, or it must end."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Hold this call."""
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiting
        finally:
            if self._waiting is waiting:
                self._waiting = None

    def wake(self) -> None:
        """Let the call that is held look again."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def end(self, reason: str) -> None:
        """Refuse the call that is held."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ApiError(409, f"Conflict: terminated by {reason}"))
