"""The chart on a mart's page fits there, whatever names it shows."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tg_pipeline.defs.marts.charts import (
    BAR_CELLS,
    CHARTS_OF_PEOPLE,
    MART_CHARTS,
    MAX_BARS,
    MAX_COLUMNS,
    bar_table,
    column_chart,
    mart_chart,
)
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import (
    FREQUENT_QUESTIONS,
    QUESTIONS,
    RESOLUTION,
    RESPONSE_TIMES,
    THREADS,
)
from tg_pipeline.marts.daily import COMMANDS, DAILY_ACTIVITY, HOURLY_ACTIVITY, MEMBERS
from tg_pipeline.marts.mart import Mart
from tg_pipeline.marts.people import ACTIVE_USERS, RETENTION
from tg_pipeline_tests.conftest import DAY, Pipeline

SHOWN_IN_PLACE = 1_000
"""UTF-16 units of Markdown that Dagster's UI shows in place; it links to longer text."""

MONDAY = date(2026, 10, 5)
WEEK = timedelta(weeks=1)

Draw = Callable[..., str]


def rows_of(chart: str) -> list[list[str]]:
    lines = [line.strip("|").strip() for line in chart.splitlines()[2:]]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


def labels(chart: str) -> list[str]:
    return [" ".join(row[:2]).replace("`", "") for row in rows_of(chart)]


def bars(chart: str) -> list[int]:
    return [row[2].count("█") for row in rows_of(chart)]


@pytest.fixture
def draw(pipeline: Pipeline) -> Draw:
    """Store rows of the columns that a mart's chart reads, and draw the chart."""

    def draw_rows(mart: Mart, *rows: tuple[Any, ...]) -> str:
        shown = CHARTS_OF_PEOPLE.get(mart.name, MART_CHARTS[mart.name])
        columns = shown.columns
        schema = pa.schema([mart.schema.field(name) for name in columns])
        day = DAY if mart.is_daily else None
        with pipeline.lake.writer(mart.name, day, schema) as output:
            known = [dict(zip(columns, row, strict=True)) for row in rows]
            output.write(pa.RecordBatch.from_pylist(known, schema))
            output.commit()
        ((name, value),) = mart_chart(pipeline.lake, mart, day, names_people=True).items()
        assert name == shown.name
        assert len(value.value.encode("utf-16-le")) // 2 < SHOWN_IN_PLACE
        return str(value.value)

    return draw_rows


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_every_mart_has_a_chart_of_its_own_columns_unless_it_is_empty(
    pipeline: Pipeline, mart: Mart
) -> None:
    chart = MART_CHARTS[mart.name]

    assert set(chart.columns) <= mart.columns.keys()
    assert re.fullmatch("[a-z_]+", chart.name)
    assert len(MART_CHARTS) == len(ALL_MARTS)
    day = DAY if mart.is_daily else None
    assert not mart_chart(pipeline.lake, mart, day, names_people=False)


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_a_chart_reads_no_column_about_people_unless_previews_are_on(mart: Mart) -> None:
    columns = MART_CHARTS[mart.name].columns
    personal = [name for name in columns if mart.columns[name].is_personal]

    # Titles of groups are shown, and the chat's id tells a group from a person.
    assert not set(personal) - {"chat_id", "chat_title", "language"}


@pytest.mark.parametrize(
    ("mart", "rows", "shown"),
    [
        (COMMANDS, [("ajuda", 3), ("start", 5), ("ajuda", 7)], ["ajuda 10", "start 5"]),
        (
            DAILY_ACTIVITY,
            [(5, "Ana", "private", 2), (-5, "Turma", "group", 1), (6, None, "private", 1)],
            ["private 3", "Turma 1"],
        ),
        (
            FREQUENT_QUESTIONS,
            [(None, 90), ("qual o prazo?", 7), ("qual o prazo?", 1)],
            ["qual o prazo? 8"],
        ),
        (
            QUESTIONS,
            [("pt", False), ("en", False), ("pt", False), ("en", True), ("en", True)],
            ["pt 2", "en 1"],
        ),
        (MEMBERS, [(2, 0), (1, 4)], ["joins 3", "leaves 4"]),
        (
            THREADS,
            [
                *[("human", "answered", True, True, False)] * 2,
                ("human", "answered", True, False, False),
                ("human", "answered", True, True, True),
                (None, "unknown", True, True, False),
                (None, "unseen", False, True, False),
            ],
            ["human 2", "unknown 1"],
        ),
        (RETENTION, [(0, 10, 10), (1, 5, 10), (0, 30, 30), (1, 15, 30)], ["week 1 50 %"]),
        (
            RESPONSE_TIMES,
            [
                (MONDAY, "anyone", 3, 60.0),
                (MONDAY, "human", 1, 99.0),
                (MONDAY + WEEK, "anyone", 0, None),
                (MONDAY + 2 * WEEK, "anyone", 1, 30.0),
                (MONDAY + 2 * WEEK, "anyone", 3, 10.0),
            ],
            ["2026-10-05 60 s", "2026-10-19 15 s"],
        ),
        (RESOLUTION, [(MONDAY, 0, 0, 0)], ["2026-10-05 0 %"]),
    ],
    ids=lambda value: value.name if isinstance(value, Mart) else "",
)
def test_a_bar_table_shows_sums_or_shares_by_label(
    draw: Draw, mart: Mart, rows: list[tuple[Any, ...]], shown: list[str]
) -> None:
    assert labels(draw(mart, *rows)) == shown


def test_the_last_of_many_weeks_are_shown(draw: Draw) -> None:
    weeks = [(MONDAY + number * WEEK, 1, 5, 1) for number in range(MAX_BARS + 2)]

    shown = labels(draw(RESOLUTION, *weeks, (None, 8, 40, 8)))

    assert (shown[0], len(shown)) == ("2026-10-19 25 %", MAX_BARS)


def test_bars_are_proportional_to_the_largest_count_or_to_the_whole() -> None:
    assert bars(bar_table("some", [("a", 10), ("b", 5)])) == [BAR_CELLS, BAR_CELLS // 2]
    assert bars(bar_table("some", [("a", 25)], " %", whole=100)) == [BAR_CELLS // 4]


def test_a_column_chart_has_a_column_per_hour_or_day_also_for_those_without_rows(
    draw: Draw,
) -> None:
    ((columns, largest, span),) = rows_of(draw(HOURLY_ACTIVITY, (0, 5), (23, 10), (23, 10)))
    assert columns == "`▃▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█`"
    assert (largest, span) == ("20", "0 h – 23 h")

    ((columns, _, span),) = rows_of(draw(ACTIVE_USERS, (DAY, 4), (DAY + timedelta(days=2), 4)))
    assert (columns, span) == ("`█▁█`", "2026-10-07 – 2026-10-09")


def test_a_column_chart_keeps_the_newest_values_and_may_be_empty() -> None:
    ((columns, largest, span),) = rows_of(
        column_chart("many", [(str(number), number) for number in range(500)])
    )

    assert (len(columns), largest, span) == (MAX_COLUMNS + 2, "499", "440 – 499")
    assert rows_of(column_chart("none", [])) == []


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "|`)![x](https://example.org)",
        "\u202etpircs\u0000\ufffe\n",
        "😀" * 4_096,
        "",
    ],
)
def test_names_are_not_markup_and_always_fit(draw: Draw, name: str) -> None:
    counts = [(name + "x" * number, 10 - number) for number in range(MAX_BARS)]

    chart = draw(COMMANDS, *counts)

    rows = rows_of(chart)
    assert len(rows) >= 1
    assert all(len(row) == 3 for row in rows)
    assert all(re.fullmatch(r"(`[^`\n]+`)?", row[0]) for row in rows)
    assert chart.isprintable() or chart.replace("\n", "").isprintable()
