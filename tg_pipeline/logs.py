"""The pipeline's own log lines: as Python's logging leaves them, or one JSON object a line."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

PACKAGE: Final = "tg_pipeline"
"""The logger that all of ours stand below."""

Fact = str | int | float | list[str]


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: when (UTC), how grave, what, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line["trace"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line | getattr(record, PACKAGE, {}))


def log_fields(**named: Fact) -> dict[str, dict[str, Fact]]:
    """Give what a line says beside its words, as `extra` of a logging call."""
    return {PACKAGE: named}


def configure_logging(*, as_json: bool) -> None:
    """Let our lines through, and write them to standard error if they are to be JSON."""
    logger = logging.getLogger(PACKAGE)
    logger.setLevel(logging.INFO)
    if as_json and not are_json():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)


def are_json() -> bool:
    """Say whether our lines are written as JSON."""
    handlers = logging.getLogger(PACKAGE).handlers
    return any(isinstance(handler.formatter, JsonLines) for handler in handlers)
