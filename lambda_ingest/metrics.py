"""What a door says of itself: a JSON line an answer, which CloudWatch also reads as metrics.

No line holds a token, a secret, or a word of what people wrote.
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

_DIRECTIVE: Final = json.dumps(
    {
        "Namespace": NAMESPACE,
        "Dimensions": [["bot_id"]],
        "Metrics": [
            *({"Name": name, "Unit": "Count"} for name in COUNTS),
            {"Name": DURATION, "Unit": "Milliseconds"},
        ],
    }
)
"""What CloudWatch makes of a line. It never changes, so it is written out once."""

LONGEST_DETAIL: Final = 300
"""Characters of an error that are kept: a store's may go on for pages."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What happened: how often, how long it took, and what helps to find out why."""

    at: datetime
    counts: Mapping[str, int]
    """By the names in COUNTS; a name that is absent counts 0."""

    milliseconds: float
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricsLogger:
    """Writes entries, a line each."""

    out: TextIO
    bot_id: int
    with_metrics: bool
    """Whether the lines carry what CloudWatch needs to make metrics of them."""

    def write(self, entry: RequestRecord) -> None:
        """Write one line, and leave nothing in a buffer. A log that is gone costs no update."""
        line = {
            "level": "ERROR" if entry.counts.get("failed") else "INFO",
            "bot_id": str(self.bot_id),
            **self._shown_counts(entry),
            DURATION: round(entry.milliseconds, 1),
            **{name: _short(value) for name, value in entry.details.items()},
        }
        with suppress(OSError):
            self.out.write(f"{{{self._stamp(entry.at)}, {json.dumps(line)[1:]}\n")
            self.out.flush()

    def _shown_counts(self, entry: RequestRecord) -> dict[str, int]:
        """Metrics want every count, people those that are not 0."""
        counts = {name: entry.counts.get(name, 0) for name in COUNTS}
        return {name: n for name, n in counts.items() if n or self.with_metrics}

    def _stamp(self, at: datetime) -> str:
        """Give the line's first member: when it was, as CloudWatch or as people read it."""
        if not self.with_metrics:
            return f'"at": "{at.isoformat()}"'
        milliseconds = int(at.timestamp() * 1000)
        return f'"_aws": {{"Timestamp": {milliseconds}, "CloudWatchMetrics": [{_DIRECTIVE}]}}'


def _short(value: str | int) -> str | int:
    return value[:LONGEST_DETAIL] if isinstance(value, str) else value
