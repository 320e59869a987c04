"""`MetricsLogger`: one JSON log line a request, which CloudWatch also reads as metrics (EMF).

Calls of strangers are counted, and at most one a minute is a line of its own: anyone can make as
many as they like, and lines cost money and space. No line contains a token, a secret, or message
texts.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Protocol

NAMESPACE: Final = "tg_pipeline"
COUNTS: Final = (
    "landed",
    "duplicate",
    "rejected",
    "filtered",
    "suppressed",
    "unauthorized",
    "refused",
    "failed",
    "reply_failed",
    "privacy_failed",
    "implausible_date",
    "clock_behind",
)
DURATION: Final = "ms"

_WARNINGS: Final = ("reply_failed", "privacy_failed", "implausible_date", "clock_behind")
"""The counts of what needs attention, although the update is stored."""

STRANGERS_INTERVAL: Final = timedelta(minutes=1)
"""Between two lines about strangers: as often as CloudWatch has a data point of a metric."""

MAX_DETAIL_CHARACTERS: Final = 300
"""Longer texts are cut: an error message of a store may have several pages."""

_METRIC_DIRECTIVES: Final = json.dumps(
    [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [["bot_id"]],
            "Metrics": [
                *({"Name": name, "Unit": "Count"} for name in COUNTS),
                {"Name": DURATION, "Unit": "Milliseconds"},
            ],
        }
    ]
)
"""The fields that CloudWatch reads as metrics; constant, so serialized once."""


class LogFile(Protocol):
    """What a log is written to, such as standard output."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        ...

    def flush(self) -> None:
        """Pass on what is written."""
        ...


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A handled request, or a batch of messages."""

    at: datetime
    counts: Mapping[str, int]
    """By the names in COUNTS; a missing name counts 0."""

    duration_ms: float
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(slots=True)
class _Strangers:
    """The counts that no line contains yet; threads of a server share them."""

    counts: Counter[str] = field(default_factory=Counter)
    written_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)

    def is_due(self, record: RequestRecord) -> bool:
        """Return whether to write a record; if not, count it."""
        with self.lock:
            if self.written_at is None or record.at - self.written_at >= STRANGERS_INTERVAL:
                self.written_at = record.at
                return True
            self.counts.update(record.counts)
            return False

    def add_to(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Return the sum of `counts` and what was counted, and start counting from zero."""
        with self.lock:
            if not self.counts:
                return counts
            taken, self.counts = self.counts, Counter()
        return taken + Counter(counts)


@dataclass(frozen=True, slots=True)
class MetricsLogger:
    """Writes request records, one a line."""

    out: LogFile
    bot_id: int
    with_metrics: bool
    """Whether the lines contain the metadata from which CloudWatch makes metrics."""

    _strangers: _Strangers = field(default_factory=_Strangers, repr=False)

    def write_stranger(self, record: RequestRecord) -> None:
        """Count a call that proved nothing about its sender; write it unless one just was.

        The counts of calls without a line are in the next line, whatever that is about.
        """
        if self._strangers.is_due(record):
            self.write(record)

    def write(self, record: RequestRecord) -> None:
        """Write and flush one line. A closed log is ignored: it must not cost an update."""
        counts = self._strangers.add_to(record.counts)
        details = {name: _truncate(value) for name, value in record.details.items()}
        members = [
            self._timestamp(record.at),
            f'"level": "{_level(counts)}", "bot_id": "{self.bot_id}"',
            *self._counts(counts),
            f'"{DURATION}": {round(record.duration_ms, 1)}',
            *([json.dumps(details)[1:-1]] if details else []),
        ]
        with suppress(OSError):
            self.out.write(f"{{{', '.join(members)}}}\n")
            self.out.flush()

    def _counts(self, counts: Mapping[str, int]) -> list[str]:
        """Return every count for CloudWatch; only those that are not 0 for people."""
        names = COUNTS if self.with_metrics else filter(counts.get, COUNTS)
        return [f'"{name}": {counts.get(name, 0)}' for name in names]

    def _timestamp(self, at: datetime) -> str:
        """Return the line's first member: the time in the format of CloudWatch, or in ISO 8601."""
        if not self.with_metrics:
            return f'"at": "{at.isoformat()}"'
        milliseconds = int(at.timestamp() * 1000)
        return f'"_aws": {{"Timestamp": {milliseconds}, "CloudWatchMetrics": {_METRIC_DIRECTIVES}}}'


def _level(counts: Mapping[str, int]) -> str:
    if counts.get("failed"):
        return "ERROR"
    return "WARNING" if any(map(counts.get, _WARNINGS)) else "INFO"


def _truncate(value: str | int) -> str | int:
    return value[:MAX_DETAIL_CHARACTERS] if isinstance(value, str) else value
