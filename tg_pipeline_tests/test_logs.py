"""A log line is one JSON object, with the time, the message and the fields of the record."""

import json
import logging
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.logs import JsonLines, json_logs_enabled, log_fields


def line(message: str, *arguments: object, **fields: Any) -> str:
    record = logging.LogRecord(
        "tg_pipeline.days", logging.INFO, __file__, 1, message, arguments, None
    )
    record.created = 1_791_378_000.5
    vars(record).update(log_fields(**fields))
    return JsonLines().format(record)


def test_a_line_has_time_level_logger_message_and_fields() -> None:
    assert json.loads(line("%s: %d rows", "raw_updates", 5, partition="2026-10-07", rows=5)) == {
        "time": "2026-10-07T13:00:00.500Z",
        "level": "INFO",
        "logger": "tg_pipeline.days",
        "message": "raw_updates: 5 rows",
        "partition": "2026-10-07",
        "rows": 5,
    }


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_one_line_of_ascii(text: str) -> None:
    formatted = line("%s", text, table=text)

    assert len(formatted.splitlines()) == 1
    assert formatted.isascii()
    assert json.loads(formatted)["message"] == text


def test_an_exception_is_within_the_line() -> None:
    error = ValueError("no\nway")
    caught = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("tg_pipeline", logging.ERROR, __file__, 1, "failed", (), caught)

    formatted = JsonLines().format(record)

    assert len(formatted.splitlines()) == 1
    assert "ValueError: no\nway" in json.loads(formatted)["trace"]


def test_logs_are_text_by_default() -> None:
    assert not json_logs_enabled()
