"""A line an answer: for people to read, and for CloudWatch to count."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.metrics import COUNTS, MetricsLogger, RequestRecord
from tg_pipeline_tests.lambda_ingest.conftest import Container, update

AT = datetime(2026, 10, 7, 15, 0, 0, 123_456, tzinfo=UTC)
UNITS = {"Count", "Milliseconds"}
ENTRIES = st.builds(
    RequestRecord,
    at=st.just(AT),
    counts=st.dictionaries(st.sampled_from(COUNTS), st.integers(0, 10_000)),
    milliseconds=st.floats(0, 1e6),
    details=st.dictionaries(st.sampled_from(["status", "key", "why"]), st.text() | st.integers()),
)


def text_of(*entries: RequestRecord, with_metrics: bool) -> str:
    out = StringIO()
    for entry in entries:
        MetricsLogger(out, 7, with_metrics).write(entry)
    return out.getvalue()


def line_of(
    counts: dict[str, int] | None = None, *, with_metrics: bool = True, **details: str | int
) -> dict[str, Any]:
    entry = RequestRecord(AT, {"landed": 1} if counts is None else counts, 4.26, details)
    line: dict[str, Any] = json.loads(text_of(entry, with_metrics=with_metrics))
    return line


@given(ENTRIES)
def test_every_metric_and_dimension_that_is_announced_is_there(entry: RequestRecord) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    line = json.loads(text_of(entry, with_metrics=True))

    metadata = line["_aws"]
    assert metadata["Timestamp"] == 1_791_385_200_123
    (directive,) = metadata["CloudWatchMetrics"]
    assert directive["Namespace"]
    for metric in directive["Metrics"]:
        assert metric["Unit"] in UNITS
        assert isinstance(line[metric["Name"]], int | float)
    for dimension_set in directive["Dimensions"]:
        assert all(isinstance(line[name], str) for name in dimension_set)


def test_the_metrics_are_the_counts_and_how_long_it_took() -> None:
    line = line_of({"landed": 2, "failed": 1})

    (directive,) = line["_aws"]["CloudWatchMetrics"]
    names = {metric["Name"] for metric in directive["Metrics"]}
    assert {name: line[name] for name in names} == {
        "landed": 2,
        "duplicate": 0,
        "rejected": 0,
        "filtered": 0,
        "unauthorized": 0,
        "refused": 0,
        "failed": 1,
        "ms": 4.3,
    }
    assert (directive["Dimensions"], line["bot_id"]) == ([["bot_id"]], "7")


def test_people_are_shown_what_happened_and_no_more() -> None:
    line = line_of(with_metrics=False, status=200, key="telegram/5.json")

    assert line == {
        "at": "2026-10-07T15:00:00.123456+00:00",
        "level": "INFO",
        "bot_id": "7",
        "landed": 1,
        "ms": 4.3,
        "status": 200,
        "key": "telegram/5.json",
    }


@given(st.lists(ENTRIES, max_size=4), st.booleans())
def test_there_is_a_line_for_each_entry_whatever_is_in_it(
    entries: list[RequestRecord],
    with_metrics: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    text = text_of(*entries, with_metrics=with_metrics)

    assert text.isascii()
    assert text.count("\n") == len(entries)
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


@pytest.mark.parametrize(
    ("counts", "level"),
    [({"landed": 1}, "INFO"), ({"failed": 0}, "INFO"), ({"landed": 1, "failed": 1}, "ERROR")],
)
def test_only_a_failure_is_an_error(counts: dict[str, int], level: str) -> None:
    assert line_of(counts)["level"] == level


def test_a_long_story_is_cut() -> None:
    line = line_of(why="x" * 5_000, status=10**9)

    assert (len(line["why"]), line["status"]) == (300, 10**9)


def test_a_line_is_out_as_soon_as_it_is_written() -> None:
    class Buffered(StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    out = Buffered()

    MetricsLogger(out, 7, with_metrics=True).write(RequestRecord(AT, {"landed": 1}, 4.2))

    assert out.flushed == out.getvalue() != ""


def test_a_log_that_is_gone_costs_no_update(container: Container) -> None:
    class Gone(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    webhook = container.front.webhook
    mute = replace(webhook, journal=replace(webhook.journal, out=Gone()))

    assert mute.take(update(5), 20.0).status == 200
    assert list(container.stored().values()) == [update(5)]
