"""The chart on a mart's page: small enough to be shown, whatever people call themselves."""

import base64
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import dagster as dg
import pyarrow as pa
import pytest

from tg_pipeline.defs.mart_pictures import PICTURES, mart_picture
from tg_pipeline.defs.named_bars import MOST_NAMES, OF_A_HUNDRED, named_bars
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import (
    ACTIVE_USERS,
    FREQUENT_QUESTIONS,
    QUESTIONS,
    RESOLUTION,
    RESPONSE_TIMES,
    RETENTION,
    THREADS,
)
from tg_pipeline.marts.daily import COMMANDS, DAILY_ACTIVITY, HOURLY_ACTIVITY, MEMBERS
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.conftest import House

SHOWN_IN_PLACE = 1_000
"""Characters of Markdown that Dagster's pages show; what is longer is behind a link."""

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2026, 10, 5)
WEEK = timedelta(weeks=1)

Draw = Callable[..., ET.Element]


def drawing(markdown: str) -> ET.Element:
    image = re.fullmatch(r"!\[[\w ]+\]\(data:image/svg\+xml;base64,([\w+/=]+)\)", markdown)
    assert image
    return ET.fromstring(base64.b64decode(image[1]))  # noqa: S314 - our own drawing


def labels(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def bars(picture: ET.Element) -> list[str]:
    (path,) = picture.iter(f"{SVG}path")
    return [bar for bar in path.attrib["d"].split("M") if bar]


@pytest.fixture
def draw(pipeline: Pipeline) -> Draw:
    """Store rows of a mart, as far as its chart reads them, and draw it."""

    def of_rows(mart: Mart, *rows: tuple[Any, ...]) -> ET.Element:
        columns = PICTURES[mart.name].columns.split()
        known = [dict(zip(columns, row, strict=True)) for row in rows]
        schema = pa.schema([mart.schema.field(name) for name in columns])
        day = DAY if mart.is_daily else None
        with pipeline.lake.writer(mart.name, day, schema) as output:
            output.write(pa.RecordBatch.from_pylist(known, schema))
            output.commit()
        (value,) = mart_picture(pipeline.lake, mart, day).values()
        assert len(value.value) < SHOWN_IN_PLACE
        return drawing(value.value)

    return of_rows


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_every_mart_has_a_chart_of_columns_of_its_own(mart: Mart) -> None:
    picture = PICTURES[mart.name]

    assert set(picture.columns.split()) <= mart.columns.keys()
    assert re.fullmatch("[a-z_]+", picture.name)
    assert len(PICTURES) == len(ALL_MARTS)


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_of_nothing_there_is_no_chart(pipeline: Pipeline, mart: Mart) -> None:
    assert not mart_picture(pipeline.lake, mart, DAY if mart.is_daily else None)


def test_names_come_in_the_order_of_their_sums(draw: Draw) -> None:
    shown = draw(COMMANDS, ("ajuda", 3), ("start", 5), ("ajuda", 7))

    assert labels(shown) == ["ajuda 10", "start 5"]
    assert bars(shown) == ["126 5h110", "126 16h55"]


def test_a_chat_without_a_title_goes_by_its_type(draw: Draw) -> None:
    shown = draw(DAILY_ACTIVITY, (None, "private", 2), ("Turma", "group", 1), (None, "private", 1))

    assert labels(shown) == ["private 3", "Turma 1"]


def test_questions_that_stand_alone_are_no_group(draw: Draw) -> None:
    shown = draw(FREQUENT_QUESTIONS, (None, 90), ("qual o prazo?", 7), ("qual o prazo?", 1))

    assert labels(shown) == ["qual o prazo? 8"]


def test_what_has_no_number_of_its_own_is_counted(draw: Draw) -> None:
    assert labels(draw(QUESTIONS, ("pt",), ("en",), ("pt",))) == ["pt 2", "en 1"]


def test_joins_and_leaves_are_added_up(draw: Draw) -> None:
    assert labels(draw(MEMBERS, (2, 0), (1, 4))) == ["joins 3", "leaves 4"]


def test_hours_are_those_of_the_day(draw: Draw) -> None:
    shown = bars(draw(HOURLY_ACTIVITY, (0, 5), (23, 10), (23, 10)))

    assert (len(shown), shown[0], shown[1], shown[23]) == (24, "5 50V38", "15 50V50", "235 50V2")


def test_a_day_without_people_is_shown_too(draw: Draw) -> None:
    shown = draw(ACTIVE_USERS, (DAY, 4), (DAY + timedelta(days=2), 2))

    assert bars(shown) == ["40 50V2", "120 50V50", "200 50V26"]


def test_answers_are_counted_where_they_can_be_seen(draw: Draw) -> None:
    shown = draw(THREADS, ("human", True), ("human", True), (None, True), (None, False))

    assert labels(shown) == ["human 2", "nobody 1"]


def test_the_first_week_of_newcomers_says_nothing(draw: Draw) -> None:
    shown = draw(RETENTION, (0, 10, 10), (1, 5, 10), (0, 30, 30), (1, 15, 30))

    assert labels(shown) == ["week 1 50 %"]
    assert bars(shown) == ["126 5h55"]


def test_waits_are_those_for_anyone(draw: Draw) -> None:
    shown = draw(
        RESPONSE_TIMES,
        (MONDAY, "anyone", 3, 60.0),
        (MONDAY, "human", 1, 99.0),
        (MONDAY + WEEK, "anyone", 0, None),
        (MONDAY + 2 * WEEK, "anyone", 1, 30.0),
        (MONDAY + 2 * WEEK, "anyone", 3, 10.0),
    )

    assert labels(shown) == ["2026-10-05 60 s", "2026-10-19 15 s"]


def test_of_many_weeks_the_last_are_shown(draw: Draw) -> None:
    weeks = [(MONDAY + number * WEEK, 1, 3, 1) for number in range(MOST_NAMES + 2)]

    shown = draw(RESOLUTION, *weeks, (None, 8, 24, 8))

    assert labels(shown)[0] == "2026-10-19 25 %"
    assert len(labels(shown)) == MOST_NAMES


def test_weeks_in_which_no_answer_can_be_seen_resolve_nothing(draw: Draw) -> None:
    assert labels(draw(RESOLUTION, (MONDAY, 0, 0, 0))) == ["2026-10-05 0 %"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "</text></svg>",
        "\"&<>'" * 20,
        "]]>`)![x](https://example.org)",
        "\u202etpircs\u0000\ufffe",
        "😀" * 4_096,
        "",
    ],
)
def test_names_are_no_markup_and_always_fit(draw: Draw, name: str) -> None:
    # Given six names of the same kind
    shown = draw(COMMANDS, *((name + "x" * number, 10 - number) for number in range(MOST_NAMES)))

    # Then the drawing has nothing in it but bars and labels, and at least the first
    assert {part.tag for part in shown.iter()} == {f"{SVG}{tag}" for tag in ("svg", "path", "text")}
    assert len(labels(shown)) == len(bars(shown)) >= 1
    assert labels(shown)[0].endswith(" 10")


def test_a_share_is_as_long_as_it_is_of_the_whole() -> None:
    assert bars(drawing(named_bars("some", [("a", 25)], OF_A_HUNDRED))) == ["126 5h28"]


def test_the_chart_is_on_the_page_of_the_day_and_of_the_mart(house: House) -> None:
    # Given a day on which somebody asked for help
    text = {"text": "/ajuda", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
    about = {"chat": {"id": -1, "type": "group"}, "from": {"id": 3, "first_name": "Ana"}}
    content = {"message_id": 1, "date": 1_791_378_000} | text | about
    house.pipeline.land({"update_id": 2, "message": content})

    # When the day and the marts of all days are built
    house.run(DAY)
    marts_job = house.defs.resolve_job_def("marts_job")
    marts_job.execute_in_process(instance=house.instance)

    # Then both show it
    assert labels(drawing(house.metadata("commands", DAY)["uses_by_command"])) == ["ajuda 1"]
    (found,) = house.instance.fetch_materializations(dg.AssetKey("messages"), limit=1).records
    assert found.asset_materialization
    by_day = found.asset_materialization.metadata["messages_by_day"].value
    assert isinstance(by_day, str)
    assert bars(drawing(by_day)) == ["120 50V2"]
