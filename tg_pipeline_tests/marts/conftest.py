"""A lake in which tests put updates, day by day, and from which they read marts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tg_pipeline.builds.marts import MartBuilder, mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.updates import enrich
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import DETECTED_QUESTIONS, QUESTIONS
from tg_pipeline.marts.mart import Mart, MartParameters, shown_sources
from tg_pipeline.questions import DETECTED_SCHEMA, QUESTIONS_SCHEMA
from tg_pipeline.questions.detection import is_reminder
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.reference.month import Month, shared_month
from tg_pipeline_tests.marts.updates import Payload

DAY = date(2026, 10, 7)
"""A Wednesday, in the ISO week that begins on the 5th."""

RECEIVED = datetime(2026, 10, 7, 15, 30, tzinfo=UTC)
"""When updates without an event time arrived: at 12:30 in São Paulo."""

OTHER_BOT = 8

PARAMETERS = MartParameters(
    "America/Sao_Paulo",
    bot_usernames=json.dumps({str(BOT): "curso_bot", str(OTHER_BOT): "other_bot"}),
)

Cells = list[tuple[Any, ...]]


def ending_in_a_question_mark(messages: pa.Table) -> pa.Table:
    """Find questions by their last character; their language is always Portuguese."""
    asked = messages.filter(pc.ends_with(messages["text"], "?"))
    columns = {name: asked[name] for name in messages.schema.names}
    was_question = pc.fill_null(pc.ends_with(asked["first_text"], "?"), fill_value=True)
    columns["asked_at"] = pc.if_else(was_question, asked["sent_at"], asked["edited_at"])
    columns["language"] = pa.array(["pt"] * len(asked), pa.string())
    columns["question"] = asked["text"]
    columns["is_reminder"] = pa.chunked_array([is_reminder(asked["text"].combine_chunks())])
    return pa.table(columns).select(DETECTED_SCHEMA.names).cast(DETECTED_SCHEMA)


def by_first_letter(questions: pa.Table) -> pa.Table:
    """Group questions by their first letter."""
    texts = questions["text"].to_pylist()
    columns = {name: questions[name] for name in questions.schema.names}
    groups = [-1 if text[0] == "?" else ord(text[0]) for text in texts]
    columns["group_id"] = columns["topic_id"] = pa.array(groups, pa.int64())
    columns["group_name"] = columns["topic_name"] = pa.array([text[0] for text in texts])
    return pa.table(columns).select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)


SIMPLE_MARTS = {
    DETECTED_QUESTIONS: replace(DETECTED_QUESTIONS, post_process=ending_in_a_question_mark),
    QUESTIONS: replace(QUESTIONS, post_process=by_first_letter, post_process_parameters=()),
}
"""Instead of detection and grouping, so that tests can say in a text what it is."""


class Marts:
    def __init__(self, lake: Lake, parameters: MartParameters = PARAMETERS) -> None:
        self.lake, self._parameters = lake, parameters
        self._built: set[tuple[Mart, date]] = set()
        """What was built since something was put."""

    def put(
        self, *updates: Payload, day: date = DAY, bot: int = BOT, copies: Sequence[Payload] = ()
    ) -> None:
        """Store a day of updates that `bot` received, and OTHER_BOT the `copies` of some."""
        self._built.clear()
        schema = ENRICHED_UPDATES.schema
        with self.lake.writer(ENRICHED_UPDATES.name, day, schema) as output:
            output.write(_enriched(updates, bot, is_copy=False))
            output.write(_enriched(copies, OTHER_BOT, is_copy=True))
            output.commit()

    def build(self, mart: Mart, day: date = DAY) -> None:
        """Build a mart and its sources, each once, and check its conservation rule."""
        with mart_builder(self.lake, self._parameters) as builder:
            for source in _in_order(mart):
                is_of_day = source is mart or not source.is_daily
                for each in [day] if is_of_day else self.lake.days(ENRICHED_UPDATES.name):
                    if (source, each) not in self._built:
                        self._build_only(builder, source, each)
                        self._built.add((source, each))

    def build_only(self, mart: Mart, day: date = DAY) -> None:
        """Build a mart whose sources are built, and check its conservation rule."""
        with mart_builder(self.lake, self._parameters) as builder:
            self._build_only(builder, mart, day)

    def _build_only(self, builder: MartBuilder, mart: Mart, day: date) -> None:
        simple = SIMPLE_MARTS.get(mart, mart)
        results = builder.build_days(simple, [day]) if mart.is_daily else builder.build(simple)
        for built in results:
            assert built.conservation is None or built.conservation.holds, mart.name

    def rows(self, mart: Mart, columns: str, day: date = DAY) -> Cells:
        self.build(mart, day)
        rows = rows_of(self.lake, mart, day)
        pick: Callable[[dict[str, Any]], Any] = itemgetter(*columns.split())
        return [pick(row) if " " in columns else (pick(row),) for row in rows]


def _in_order(mart: Mart) -> list[Mart]:
    """Return a mart after the marts that it is made from, each of them once."""
    sources = [_in_order(each) for each in shown_sources(mart) if isinstance(each, Mart)]
    return list(dict.fromkeys([*chain.from_iterable(sources), mart]))


def _enriched(updates: Sequence[Payload], bot: int, *, is_copy: bool) -> pa.RecordBatch:
    types = [next(name for name in each if name != "update_id") for each in updates]
    count = len(updates)
    deduped = pa.record_batch(
        {
            "update_type": pa.array(types, pa.string()),
            "received_at": pa.array([RECEIVED] * count, pa.timestamp("us", tz="UTC")),
            "bot_id": pa.array([bot] * count, pa.int64()),
            "update_id": pa.array([each["update_id"] for each in updates], pa.int64()),
            "payload": pa.array([json.dumps(each).encode() for each in updates], pa.binary()),
        }
    )
    enriched = enrich(deduped)
    flags = pa.array([is_copy] * count, pa.bool_())
    return enriched.set_column(enriched.schema.get_field_index("is_copy"), "is_copy", flags).cast(
        ENRICHED_UPDATES.schema
    )


@pytest.fixture
def marts(tmp_path: Path) -> Marts:
    return Marts(Lake((tmp_path / "lake").as_uri()))


@pytest.fixture(params=ALL_MARTS, ids=lambda mart: mart.name)
def mart(request: pytest.FixtureRequest) -> Mart:
    found: Mart = request.param
    return found


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return shared_month(tmp_path_factory)
