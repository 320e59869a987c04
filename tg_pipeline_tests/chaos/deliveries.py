"""How updates reach the product: webhook calls, Lambda events, queue batches, files, getUpdates.

As Telegram does it: an update is sent again until a call gets a 2xx, and then never again.
"""

import http.client
import json
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from typing import Any, Final

from tg_pipeline_tests.chaos.clock import VirtualClock
from tg_pipeline_tests.chaos.plan import LAMBDA, QUEUE, WEBHOOK
from tg_pipeline_tests.chaos.reference import Reference, SentUpdate
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record

CALL_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 0.02
SUCCESS: Final = range(200, 300)
MAX_BATCH: Final = 10
"""Messages of a queue in one event."""

LOST_ANSWERS: Final = 0.03
"""The share of webhook calls whose connection ends before the answer."""


@dataclass(eq=False)
class PendingDelivery:
    """An update, or a body that is none, to be sent on a channel."""

    update: SentUpdate | None
    body: bytes
    channel: str
    not_before: datetime
    sent_at: datetime | None = None
    """When it got into the queue of SQS."""
    attempts: int = 0


class DeliveryQueue:
    """The deliveries that have no 2xx yet."""

    def __init__(self, clock: VirtualClock, random: Random) -> None:
        self._clock, self._random, self._lock = clock, random, Lock()
        self._pending: list[PendingDelivery] = []
        self._in_flight = 0
        self.is_patient = True
        """Whether deliveries wait for their time."""

    def put(self, delivery: PendingDelivery) -> None:
        with self._lock:
            self._pending.append(delivery)

    def take(self, channel: str, most: int = 1) -> list[PendingDelivery]:
        """Return some that are due on a channel, in any order."""
        now = self._clock.now()
        with self._lock:
            due = [
                each
                for each in self._pending
                if each.channel == channel and (each.not_before <= now or not self.is_patient)
            ]
            taken = self._random.sample(due[: 4 * most], min(most, len(due)))
            for each in taken:
                self._pending.remove(each)
            self._in_flight += len(taken)
        return taken

    def done(self, delivery: PendingDelivery, *, is_acknowledged: bool) -> None:
        """Forget a delivery that was acknowledged; send another one again, maybe days later."""
        with self._lock:
            self._in_flight -= 1
            if is_acknowledged:
                return
            hours = self._random.choice([0, 0, 0, 0, 0, 0, 2, 12, 30, 120, 220])
            delivery.not_before = self._clock.now() + timedelta(hours=hours)
            delivery.attempts += 1
            self._pending.append(delivery)

    def __len__(self) -> int:
        with self._lock:
            return len(self._pending) + self._in_flight

    def due(self) -> int:
        """Return how many could be sent now."""
        now = self._clock.now()
        with self._lock:
            return sum(each.not_before <= now for each in self._pending)


class Senders:
    """Threads that send what is due."""

    def __init__(
        self, queue: DeliveryQueue, reference: Reference, clock: VirtualClock, random: Random
    ) -> None:
        self._queue, self._reference, self._clock = queue, reference, clock
        self._random, self._end = random, Event()
        self.sent, self.acknowledged = Counter[str](), Counter[str]()

    @contextmanager
    def running(self, port: int, path: str, address: Path) -> Iterator[None]:
        """Send to the webhook at a port, and to the Lambda at a Unix socket."""

        def webhook() -> None:
            self._send_each(WEBHOOK, lambda body: self._call(port, path, body))

        def lambda_function() -> None:
            self._send_each(LAMBDA, lambda body: _invoke_http(address, path, body))

        def queue() -> None:
            self._send_batches(address)

        work = (webhook, webhook, webhook, lambda_function, queue)
        threads = [Thread(target=each, name=each.__name__, daemon=True) for each in work]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._end.set()
            for thread in threads:
                thread.join(2 * CALL_SECONDS)

    def _send_each(self, channel: str, send: Callable[[bytes], bool | None]) -> None:
        while not self._end.is_set():
            for delivery in self._queue.take(channel) or self._idle():
                began = self._clock.now()
                answer = send(delivery.body)
                if update := delivery.update:
                    update.arrivals += [began, self._clock.now()]
                    update.may_be_later |= answer is None
                self._finish(delivery, is_acknowledged=bool(answer))

    def _send_batches(self, address: Path) -> None:
        while not self._end.is_set():
            batch = self._queue.take(QUEUE, self._random.randint(1, MAX_BATCH))
            if not batch:
                self._idle()
                continue
            records = []
            for number, each in enumerate(batch):
                each.sent_at = each.sent_at or self._clock.now()
                message = record(each.body, str(number), times=each.attempts + 1)
                message["attributes"]["SentTimestamp"] = str(int(each.sent_at.timestamp() * 1000))
                records.append(message)
                if each.update:
                    each.update.queued.append(each.sent_at)
            response = _invoke(address, queue_event(*records))
            failed = (
                {each["itemIdentifier"] for each in response.get("batchItemFailures", ())}
                if response
                else set(map(str, range(len(batch))))
            )
            for number, each in enumerate(batch):
                self._finish(each, is_acknowledged=str(number) not in failed)

    def _finish(self, delivery: PendingDelivery, *, is_acknowledged: bool) -> None:
        self.sent[delivery.channel] += 1
        self.acknowledged[delivery.channel] += is_acknowledged
        if is_acknowledged and delivery.update:
            delivery.update.is_acknowledged = True
        elif is_acknowledged and not delivery.update:
            self._reference.no_updates[delivery.body] = True
        self._queue.done(delivery, is_acknowledged=is_acknowledged)

    def _idle(self) -> list[PendingDelivery]:
        self._end.wait(IDLE_SECONDS)
        return []

    def _call(self, port: int, path: str, body: bytes) -> bool | None:
        """Return whether a call got a 2xx; None without an answer."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
        try:
            connection.request("POST", path, body, headers)
            if self._random.random() < LOST_ANSWERS:
                _abort(connection.sock)
                return None
            return connection.getresponse().status in SUCCESS
        except (OSError, http.client.HTTPException):
            self._end.wait(IDLE_SECONDS)
            return None
        finally:
            connection.close()


def _abort(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _invoke_http(address: Path, path: str, body: bytes) -> bool | None:
    """Return whether an event got a 2xx; None without a response."""
    response = _invoke(address, http_event(body, path))
    return response["statusCode"] in SUCCESS if response else None


def _invoke(address: Path, event: dict[str, Any]) -> dict[str, Any]:
    """Return the response of the Lambda's handler; {} without one."""
    with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CALL_SECONDS)
        connection.connect(str(address))
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps(event).encode() + b"\n")
            stream.flush()
            response = json.loads(stream.readline())
            return response if isinstance(response, dict) else {}
    return {}
