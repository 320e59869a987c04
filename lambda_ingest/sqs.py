"""Many updates at a time: what API Gateway put into an SQS queue goes to the store in batches.

The gateway can't compare secrets, so it hands the header on as a message attribute, and each
message is let in here. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, TypeGuard

from obstore.exceptions import BaseError

from lambda_ingest.landing import LandedUpdate, RejectedBody, batch
from lambda_ingest.metrics import MetricsLogger, RequestRecord
from lambda_ingest.settings import Secret
from lambda_ingest.store import first_line, put_if_absent
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus

SOURCE: Final = "aws:sqs"
SECRET_ATTRIBUTE: Final = "secret_token"  # noqa: S105 - the attribute's name

LONGEST_INSTANT: Final = len("1700000000000")
"""Digits of a time in milliseconds, until the year 2286."""


@dataclass(frozen=True, slots=True)
class Message:
    """A body in a queue, since when (aware), and the secret it came with."""

    message_id: str
    body: bytes
    sent_at: datetime
    secret_token: str | None
    is_first_time: bool
    """A queue keeps no order: the word that a chat has a new id may come after that chat's first
    messages. So what a filter would drop comes once more, minutes later, and is asked again."""


@dataclass(slots=True)
class Progress:
    """How far a batch is."""

    counts: Counter[str]
    again: list[str]
    """The ids of what must come again."""

    details: dict[str, str | int] = field(default_factory=dict)

    def fail(self, message_ids: Sequence[str], why: str) -> None:
        """Have messages delivered again, since something is wrong."""
        self.again.extend(message_ids)
        self.counts["failed"] += len(message_ids)
        self.details["why"] = why


@dataclass(frozen=True, slots=True)
class SqsBatchHandler:
    """A door behind a queue."""

    door: LandingWriter
    secret_token: Secret | None
    journal: MetricsLogger
    now: Callable[[], datetime]

    def take(self, records: Iterable[object]) -> list[str]:
        """Put the records, one object a day; give the ids of those that must come again."""
        started, progress = self.now(), Progress(Counter(), [])
        days: dict[date, list[tuple[LandedUpdate, Message]]] = {}
        for message, taken in self._name(self._let_in(records, progress), progress):
            if isinstance(taken.what, LandedUpdate) and taken.fate is WriteStatus.LANDED:
                days.setdefault(taken.what.day, []).append((taken.what, message))
        for day, members in days.items():
            self._put(day, members, progress)
        now = self.now()
        took = (now - started).total_seconds() * 1000
        self.journal.write(RequestRecord(now, progress.counts, took, progress.details))
        return progress.again

    def _let_in(self, records: Iterable[object], progress: Progress) -> Iterator[Message]:
        for record in records:
            message = read_message(record)
            if isinstance(message, str):
                progress.fail([message], "A record is not as SQS makes them.")
            elif self.secret_token and not self.secret_token.matches(message.secret_token):
                progress.counts["unauthorized"] += 1
            else:
                yield message

    def _name(
        self, messages: Iterable[Message], progress: Progress
    ) -> Iterator[tuple[Message, WriteResult]]:
        for message in messages:
            try:
                taken = self.door.name(message.body, message.sent_at)
                if isinstance(taken.what, RejectedBody):
                    put_if_absent(self.door.landing, taken.what.key, taken.what.body)
            except (BaseError, OSError) as error:
                progress.fail([message.message_id], f"The store failed: {first_line(error)}")
                continue
            if taken.succession:
                progress.details["succession"] = taken.succession.told()
            if taken.fate is WriteStatus.FILTERED and message.is_first_time:
                progress.again.append(message.message_id)
                continue
            if taken.fate is not WriteStatus.LANDED:
                progress.counts[taken.fate.value] += 1
            yield message, taken

    def _put(
        self, day: date, members: list[tuple[LandedUpdate, Message]], progress: Progress
    ) -> None:
        """Put a day's updates as one object, which the same updates always name the same."""
        ordered = sorted((landed for landed, _ in members), key=_order)
        key, body = batch([each.body for each in ordered], bot_id=self.door.bot_id, day=day)
        try:
            fate = (
                WriteStatus.LANDED
                if put_if_absent(self.door.landing, key, body)
                else WriteStatus.DUPLICATE
            )
        except (BaseError, OSError) as error:
            failed = [message.message_id for _, message in members]
            progress.fail(failed, f"The store failed: {first_line(error)}")
            return
        progress.counts[fate.value] += len(members)


def _order(landed: LandedUpdate) -> tuple[int, bytes]:
    """Order updates by what they are alone, also where two claim one id."""
    return landed.update_id, landed.body


def is_queue_event(event: object) -> bool:
    """Tell an event that SQS sent from any other."""
    records = event.get("Records") if isinstance(event, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, dict) and first.get("eventSource") == SOURCE


def read_message(record: object) -> Message | str:
    """Give a record of such an event, or the id of one that is not as SQS makes them.

    An id that is missing is given as "", by which AWS has the whole batch come again.
    """
    members = _mapping(record)
    message_id, body = members.get("messageId"), members.get("body")
    attributes = _mapping(members.get("attributes"))
    sent = attributes.get("SentTimestamp")
    if not isinstance(message_id, str) or not isinstance(body, str) or not _is_instant(sent):
        return message_id if isinstance(message_id, str) else ""
    offered = _mapping(_mapping(members.get("messageAttributes")).get(SECRET_ATTRIBUTE))
    secret = offered.get("stringValue")
    return Message(
        message_id=message_id,
        body=body.encode("utf-8", "surrogatepass"),
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC),
        secret_token=secret if isinstance(secret, str) else None,
        is_first_time=attributes.get("ApproximateReceiveCount") == "1",
    )


def _is_instant(milliseconds: object) -> TypeGuard[str]:
    return (
        isinstance(milliseconds, str)
        and milliseconds.isascii()
        and milliseconds.isdecimal()
        and len(milliseconds) <= LONGEST_INSTANT
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
