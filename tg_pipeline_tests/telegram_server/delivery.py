"""Brings updates to a webhook: in order within a lane, and many lanes at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, TCPConnector

from tg_pipeline_tests.telegram_server.attempt import Accepted, attempt
from tg_pipeline_tests.telegram_server.pace import Pace
from tg_pipeline_tests.telegram_server.params import Params
from tg_pipeline_tests.telegram_server.update_queue import UpdateQueue
from tg_pipeline_tests.telegram_server.updates import Update
from tg_pipeline_tests.telegram_server.webhook import Failure, Webhook

Reply = Callable[[Params], Awaitable[None]]
Report = Callable[[Failure], None]


class Delivery:
    """Delivers until it is stopped; what is not delivered by then still waits in the queue."""

    def __init__(self, webhook: Webhook, queue: UpdateQueue, pace: Pace) -> None:
        self._webhook, self._queue, self._pace = webhook, queue, pace
        self._session = ClientSession(
            connector=TCPConnector(limit=0), skip_auto_headers=["User-Agent"]
        )
        self._free = asyncio.Semaphore(webhook.max_connections)
        self._lanes: dict[str, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, reply: Reply, report: Report) -> None:
        """Deliver what waits already; replies and failures go back to the bot."""
        self._reply, self._report = reply, report
        for update in self._queue.first():
            self.take(update)

    def take(self, update: Update) -> None:
        """Deliver an update after those of its lane that came before."""
        if update.lane in self._lanes:
            self._lanes[update.lane].append(update)
            return
        self._lanes[update.lane] = deque([update])
        task = asyncio.create_task(self._clear(update.lane))
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    async def stop(self) -> None:
        """Break off whatever is under way; a lane that broke by itself says so now."""
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

    async def _clear(self, lane: str) -> None:
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
                self._queue.forget(update)
                return
            failures += 1
            self._report(outcome)
            await asyncio.sleep(self._pace.delay(failures, outcome.retry_after))

    async def _attempt(self, update: Update) -> Accepted | Failure:
        return await attempt(self._session, self._webhook, update, self._pace.delivery_timeout)
