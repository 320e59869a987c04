"""SQS batches: store many updates as one object a day, with partial batch failures.

API Gateway can't compare secrets, so it passes the secret header on as a message attribute, and
each message is authenticated here.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, TypeGuard

from obstore.exceptions import BaseError

from lambda_ingest.landing import ImplausibleDate, LandedUpdate, build_batch
from lambda_ingest.settings import Secret, any_matches
from lambda_ingest.store import first_line, put_if_absent
from lambda_ingest.web.metrics import MetricsLogger, RequestRecord
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus

EVENT_SOURCE: Final = "aws:sqs"
SECRET_ATTRIBUTE: Final = "secret_token"  # noqa: S105 - the attribute's name

MAX_TIMESTAMP_DIGITS: Final = len("1700000000000")
"""Digits of a time in milliseconds, until the year 2286."""


@dataclass(frozen=True, slots=True)
class SqsBatchHandler:
    """Handles the records of an SQS event."""

    writer: LandingWriter
    secret_tokens: tuple[Secret, ...]
    """One of them must come with each message; empty if calls are not authenticated."""

    metrics: MetricsLogger
    now: Callable[[], datetime]

    def handle(self, records: Iterable[object]) -> list[str]:
        """Store the records, one object a day; return the ids of those to be delivered again."""
        started, progress = self.now(), _Progress()
        days: dict[date, list[tuple[LandedUpdate, SqsMessage]]] = {}
        for message, result in self._classify(self._authenticate(records, progress), progress):
            if isinstance(result.parsed, LandedUpdate) and result.status is WriteStatus.LANDED:
                days.setdefault(result.parsed.day, []).append((result.parsed, message))
        for day, updates in days.items():
            self._put_day(day, updates, progress)
        now = self.now()
        duration_ms = (now - started).total_seconds() * 1000
        self.metrics.write(RequestRecord(now, progress.counts, duration_ms, progress.details))
        return progress.redeliver

    def _authenticate(
        self, records: Iterable[object], progress: "_Progress"
    ) -> Iterator["SqsMessage"]:
        for record in records:
            message = read_message(record)
            if isinstance(message, str):
                progress.fail([message], "A record is not in the format of SQS.")
            elif self.secret_tokens and not any_matches(self.secret_tokens, message.secret_token):
                progress.counts["unauthorized"] += 1
            else:
                yield message

    def _classify(
        self, messages: Iterable["SqsMessage"], progress: "_Progress"
    ) -> Iterator[tuple["SqsMessage", WriteResult]]:
        """Classify messages, and store those that are rejected at once."""
        for message in messages:
            try:
                result = self.writer.classify(message.body, message.sent_at)
                if result.status is WriteStatus.REJECTED:
                    rejected = result.parsed
                    put_if_absent(self.writer.landing, rejected.key, rejected.body, message.sent_at)
            except (BaseError, OSError) as error:
                progress.fail([message.message_id], f"The store failed: {first_line(error)}")
                continue
            if result.new_migration:
                progress.details["succession"] = result.new_migration.describe()
            if result.privacy_warning:
                progress.counts["privacy_failed"] += 1
                progress.details["why_privacy"] = result.privacy_warning
            if isinstance(result.parsed, LandedUpdate) and result.parsed.implausible_date:
                progress.note_date(result.parsed.implausible_date, result.status)
            if result.status is WriteStatus.FILTERED and message.is_first_delivery:
                progress.redeliver.append(message.message_id)
                continue
            if result.status is not WriteStatus.LANDED:
                progress.counts[result.status.value] += 1
            yield message, result

    def _put_day(
        self, day: date, updates: list[tuple[LandedUpdate, "SqsMessage"]], progress: "_Progress"
    ) -> None:
        """Put a day's updates as one object, which arrived when the last of them did.

        The same updates always get the same key.
        """
        ordered = sorted((update for update, _ in updates), key=_sort_key)
        key, body = build_batch([each.body for each in ordered], bot_id=self.writer.bot_id, day=day)
        arrived_at = max(message.sent_at for _, message in updates)
        try:
            is_new = put_if_absent(self.writer.landing, key, body, arrived_at)
        except (BaseError, OSError) as error:
            failed = [message.message_id for _, message in updates]
            progress.fail(failed, f"The store failed: {first_line(error)}")
            return
        status = WriteStatus.LANDED if is_new else WriteStatus.DUPLICATE
        progress.counts[status.value] += len(updates)


@dataclass(frozen=True, slots=True)
class SqsMessage:
    """A queue message: a body, when it was sent (aware), and the secret that came with it."""

    message_id: str
    body: bytes
    sent_at: datetime
    secret_token: str | None
    is_first_delivery: bool
    """A queue keeps no order: the message about a chat's new id may arrive after the first messages
    of that chat. So a filtered message is delivered once more, minutes later, and checked again."""


@dataclass(slots=True)
class _Progress:
    """What happened to a batch so far."""

    counts: Counter[str] = field(default_factory=Counter)
    redeliver: list[str] = field(default_factory=list)
    """The ids of the messages that SQS must deliver again."""

    details: dict[str, str | int] = field(default_factory=dict)

    def note_date(self, found: ImplausibleDate, status: WriteStatus) -> None:
        if status.is_stored:
            self.counts["implausible_date"] += 1
            self.details["why_date"] = found.describe()

    def fail(self, message_ids: Sequence[str], reason: str) -> None:
        self.redeliver.extend(message_ids)
        self.counts["failed"] += len(message_ids)
        self.details["why"] = reason


def is_sqs_event(event: object) -> bool:
    """Return whether SQS sent an event."""
    records = event.get("Records") if isinstance(event, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, dict) and first.get("eventSource") == EVENT_SOURCE


def read_message(record: object) -> SqsMessage | str:
    """Parse a record of an SQS event, or return the message id of one in another format.

    A missing id is returned as "", for which AWS delivers the whole batch again.
    """
    fields = _mapping(record)
    message_id, body = fields.get("messageId"), fields.get("body")
    attributes = _mapping(fields.get("attributes"))
    sent = attributes.get("SentTimestamp")
    if not isinstance(message_id, str) or not isinstance(body, str) or not _is_timestamp(sent):
        return message_id if isinstance(message_id, str) else ""
    attribute = _mapping(_mapping(fields.get("messageAttributes")).get(SECRET_ATTRIBUTE))
    secret = attribute.get("stringValue")
    return SqsMessage(
        message_id=message_id,
        body=body.encode("utf-8", "surrogatepass"),
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC),
        secret_token=secret if isinstance(secret, str) else None,
        is_first_delivery=attributes.get("ApproximateReceiveCount") == "1",
    )


def _sort_key(update: LandedUpdate) -> tuple[int, bytes]:
    """Return an order that depends on the updates only, also if two have the same id."""
    return update.update_id, update.body


def _is_timestamp(milliseconds: object) -> TypeGuard[str]:
    return (
        isinstance(milliseconds, str)
        and milliseconds.isascii()
        and milliseconds.isdecimal()
        and len(milliseconds) <= MAX_TIMESTAMP_DIGITS
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
