"""`MetricsLogger`: one JSON log line a request, which CloudWatch also reads as metrics (EMF).

No line contains a token, a secret, or message texts.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TextIO

NAMESPACE: Final = "tg_pipeline"
COUNTS: Final = (
    "landed",
    "duplicate",
    "rejected",
    "filtered",
    "unauthorized",
    "refused",
    "failed",
)
DURATION: Final = "ms"

MAX_DETAIL_CHARACTERS: Final = 300
"""Longer texts are cut: an error message of a store may have several pages."""

_METRIC_DIRECTIVE: Final = json.dumps(
    {
        "Namespace": NAMESPACE,
        "Dimensions": [["bot_id"]],
        "Metrics": [
            *({"Name": name, "Unit": "Count"} for name in COUNTS),
            {"Name": DURATION, "Unit": "Milliseconds"},
        ],
    }
)
"""The fields that CloudWatch reads as metrics; constant, so serialized once."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A handled request, or a batch of messages."""

    at: datetime
    counts: Mapping[str, int]
    """By the names in COUNTS; a missing name counts 0."""

    duration_ms: float
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricsLogger:
    """Writes request records, one a line."""

    out: TextIO
    bot_id: int
    with_metrics: bool
    """Whether the lines contain the metadata from which CloudWatch makes metrics."""

    def write(self, record: RequestRecord) -> None:
        """Write and flush one line. A closed log is ignored: it must not cost an update."""
        line = {
            "level": "ERROR" if record.counts.get("failed") else "INFO",
            "bot_id": str(self.bot_id),
            **self._counts(record),
            DURATION: round(record.duration_ms, 1),
            **{name: _truncate(value) for name, value in record.details.items()},
        }
        with suppress(OSError):
            self.out.write(f"{{{self._timestamp(record.at)}, {json.dumps(line)[1:]}\n")
            self.out.flush()

    def _counts(self, record: RequestRecord) -> dict[str, int]:
        """Return every count for CloudWatch; only those that are not 0 for people."""
        counts = {name: record.counts.get(name, 0) for name in COUNTS}
        return {name: n for name, n in counts.items() if n or self.with_metrics}

    def _timestamp(self, at: datetime) -> str:
        """Return the line's first member: the time in the format of CloudWatch, or in ISO 8601."""
        if not self.with_metrics:
            return f'"at": "{at.isoformat()}"'
        milliseconds = int(at.timestamp() * 1000)
        return (
            f'"_aws": {{"Timestamp": {milliseconds}, "CloudWatchMetrics": [{_METRIC_DIRECTIVE}]}}'
        )


def _truncate(value: str | int) -> str | int:
    return value[:MAX_DETAIL_CHARACTERS] if isinstance(value, str) else value
