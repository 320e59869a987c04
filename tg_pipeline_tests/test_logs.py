"""A log line is one JSON object, whatever it is about."""

import json
import logging
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.logs import JsonLines, json_logs_enabled, log_fields


def line(message: str, *arguments: object, **named: Any) -> str:
    record = logging.LogRecord(
        "tg_pipeline.days", logging.INFO, __file__, 1, message, arguments, None
    )
    record.created = 1_791_378_000.5
    vars(record).update(log_fields(**named))
    return JsonLines().format(record)


def test_a_line_says_when_how_grave_and_what_and_its_facts() -> None:
    assert json.loads(line("%s: %d rows", "raw_updates", 5, partition="2026-10-07", rows=5)) == {
        "time": "2026-10-07T13:00:00.500Z",
        "level": "INFO",
        "logger": "tg_pipeline.days",
        "message": "raw_updates: 5 rows",
        "partition": "2026-10-07",
        "rows": 5,
    }


@given(st.text())
def test_whatever_is_said_is_one_line(text: str) -> None:
    said = line("%s", text, table=text)

    assert len(said.splitlines()) == 1
    assert said.isascii()
    assert json.loads(said)["message"] == text


def test_what_went_wrong_is_told_whole_within_the_line() -> None:
    error = ValueError("no\nway")
    told = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("tg_pipeline", logging.ERROR, __file__, 1, "failed", (), told)

    said = JsonLines().format(record)

    assert len(said.splitlines()) == 1
    assert "ValueError: no\nway" in json.loads(said)["trace"]


def test_unless_it_is_asked_for_nothing_is_json() -> None:
    assert not json_logs_enabled()
