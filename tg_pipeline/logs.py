"""Log lines of the pipeline: plain text, or one JSON object per line."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

PACKAGE: Final = "tg_pipeline"
"""The parent of all loggers of the pipeline."""

Field = str | int | float | list[str]


class JsonLines(logging.Formatter):
    """A formatter: one JSON object per record, with time (UTC), level, message and fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
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


def log_fields(**named: Field) -> dict[str, dict[str, Field]]:
    """Return the fields of a JSON line, to be passed as `extra` of a logging call."""
    return {PACKAGE: named}


def configure_logging(*, as_json: bool) -> None:
    """Enable the pipeline's INFO lines; if `as_json`, write them to standard error as JSON."""
    logger = logging.getLogger(PACKAGE)
    logger.setLevel(logging.INFO)
    if as_json and not json_logs_enabled():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)


def json_logs_enabled() -> bool:
    """Return whether the pipeline's lines are written as JSON."""
    handlers = logging.getLogger(PACKAGE).handlers
    return any(isinstance(handler.formatter, JsonLines) for handler in handlers)
