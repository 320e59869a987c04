"""Delivery to a webhook: in order within a lane, many lanes at once, with retries."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
)

from tg_pipeline_tests.fakes.telegram_api.protocol import ApiError, Params, integer, read_params
from tg_pipeline_tests.fakes.telegram_api.update_queue import Update, UpdateQueue

DEFAULT_CONNECTIONS, MAX_CONNECTIONS = 40, 100

MAX_DELAY = 60.0

SCALE = 0.01
"""Telegram's waits between delivery attempts are scaled by this."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, as setWebhook defines it."""

    url: str
    secret: str
    max_connections: int

    @classmethod
    def of(cls, params: Params) -> Self:
        """Read the parameters; connections are bounded, and nothing else is checked."""
        connections = integer(params, "max_connections", DEFAULT_CONNECTIONS)
        return cls(
            url=str(params["url"]),
            secret=str(params.get("secret_token") or ""),
            max_connections=min(max(connections, 1), MAX_CONNECTIONS),
        )

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each delivery."""
        secret = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        return {"Content-Type": "application/json", **secret}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that the listener accepted, and the call in its response."""

    reply: Params


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed delivery, in Telegram's words."""

    message: str

    def report(self) -> dict[str, Any]:
        """Return the fields for getWebhookInfo."""
        return {"last_error_date": int(time.time()), "last_error_message": self.message}


Reply = Callable[[Params], Awaitable[None]]
Report = Callable[[Failure], None]


class WebhookDelivery:
    """Delivers until it is stopped; undelivered updates stay in the queue."""

    def __init__(self, webhook: Webhook, queue: UpdateQueue, timeout: float) -> None:
        self._webhook, self._queue, self._timeout = webhook, queue, timeout
        self._session = ClientSession(
            connector=TCPConnector(limit=0), skip_auto_headers=["User-Agent"]
        )
        self._free = asyncio.Semaphore(webhook.max_connections)
        self._lanes: dict[str, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, reply: Reply, report: Report) -> None:
        """Deliver what is pending; the bot receives the calls in responses, and failures."""
        self._reply, self._report = reply, report
        for update in self._queue.first():
            self.enqueue(update)

    def enqueue(self, update: Update) -> None:
        """Deliver an update after the earlier ones of its lane."""
        if update.lane in self._lanes:
            self._lanes[update.lane].append(update)
            return
        self._lanes[update.lane] = deque([update])
        task = asyncio.create_task(self._deliver_lane(update.lane))
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    async def stop(self) -> None:
        """Cancel all deliveries; raises the error of a lane that failed by itself."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _finish(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)

    async def _deliver_lane(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await self._deliver(waiting[0])
            waiting.popleft()
        del self._lanes[lane]

    async def _deliver(self, update: Update) -> None:
        failures = 0
        while update in self._queue:
            async with self._free:
                outcome = await self._attempt(update)
            if isinstance(outcome, Accepted):
                await self._reply(outcome.reply)
                self._queue.remove(update)
                return
            failures += 1
            self._report(outcome)
            await asyncio.sleep(SCALE * min(2 ** min(failures - 1, 16), MAX_DELAY))

    async def _attempt(self, update: Update) -> Accepted | Failure:
        try:
            async with self._session.post(
                self._webhook.url,
                data=update.body,
                headers=self._webhook.headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=self._timeout),
            ) as response:
                return await _outcome(response)
        except TimeoutError:
            return Failure("Read timeout expired")
        except ClientError as error:
            return Failure(_explain(error))


async def _outcome(response: ClientResponse) -> Accepted | Failure:
    if 200 <= response.status <= 299:
        return Accepted(await _reply(response))
    await response.read()  # otherwise the connection could not be reused
    return Failure(f"Wrong response from the webhook: {response.status} {response.reason}")


async def _reply(response: ClientResponse) -> Params:
    try:
        return await read_params(response)
    except (ApiError, ValueError):
        return {}


def _explain(error: ClientError) -> str:
    match error:
        case ClientConnectorDNSError():
            return "Failed to resolve host: Name or service not known"
        case ClientConnectorError(os_error=OSError(errno=int(number))):
            return os.strerror(number)
    return "Connection closed"
