"""Delivery to a webhook: in order within a lane, many lanes at once, with retries."""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

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
    url: str
    secret: str
    max_connections: int

    @classmethod
    def of(cls, params: Params) -> Self:
        connections = integer(params, "max_connections", DEFAULT_CONNECTIONS)
        return cls(
            url=str(params["url"]),
            secret=str(params.get("secret_token") or ""),
            max_connections=min(max(connections, 1), MAX_CONNECTIONS),
        )

    @property
    def headers(self) -> dict[str, str]:
        secret = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        return {"Content-Type": "application/json", **secret}


class DeliveryError(Exception):
    """A failed delivery, in Telegram's words."""


Reply = Callable[[Params], Awaitable[None]]
Report = Callable[[str], None]


class WebhookDelivery:
    def __init__(self, webhook: Webhook, queue: UpdateQueue, timeout: float) -> None:
        self._webhook, self._queue, self._timeout = webhook, queue, timeout
        self._session = ClientSession(
            connector=TCPConnector(limit=0), skip_auto_headers=["User-Agent"]
        )
        self._free = asyncio.Semaphore(webhook.max_connections)
        self._lanes: dict[str, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, reply: Reply, report: Report) -> None:
        self._reply, self._report = reply, report
        for update in self._queue.first():
            self.enqueue(update)

    def enqueue(self, update: Update) -> None:
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
        delay = 1.0
        while update in self._queue:
            try:
                async with self._free:
                    reply = await self._attempt(update)
            except DeliveryError as error:
                self._report(str(error))
                await asyncio.sleep(SCALE * delay)
                delay = min(2 * delay, MAX_DELAY)
            else:
                await self._reply(reply)
                self._queue.remove(update)

    async def _attempt(self, update: Update) -> Params:
        """Post an update; return the call in the response."""
        try:
            async with self._session.post(
                self._webhook.url,
                data=update.body,
                headers=self._webhook.headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=self._timeout),
            ) as response:
                return await _reply(response)
        except TimeoutError:
            raise DeliveryError("Read timeout expired") from None
        except ClientError as error:
            raise DeliveryError(_explain(error)) from None


async def _reply(response: ClientResponse) -> Params:
    if not 200 <= response.status <= 299:
        await response.read()  # otherwise the connection could not be reused
        raise DeliveryError(f"Wrong response from the webhook: {response.status} {response.reason}")
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
