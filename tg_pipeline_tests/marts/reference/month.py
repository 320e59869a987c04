"""A sample month, landed and built; and the content of its JSON."""

import fcntl
import os
from datetime import date
from functools import cached_property
from typing import Any, Final

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.builds.test_sample_month import land_sample
from tg_pipeline_tests.built_marts import build_marts, rows_of
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.marts.reference.happenings import ZONE, Happening, happenings
from tg_pipeline_tests.marts.reference.messages import Message, messages
from tg_pipeline_tests.marts.reference.threads import Questions, Thread, threads

START: Final = date(2026, 10, 1)
DAYS, PER_DAY = 17, 120


class Month:
    def __init__(self, pipeline: Pipeline, happened: list[Happening]) -> None:
        self.pipeline, self.happened = pipeline, happened

    def rows(self, mart: str, day: date | None = None) -> list[dict[str, Any]]:
        known = next(each for each in ALL_MARTS if each.name == mart)
        return rows_of(self.pipeline.lake, known, day)

    @cached_property
    def said(self) -> list[Message]:
        return messages(self.happened)

    @property
    def _questions(self) -> Questions:
        rows = self.rows("questions")
        return {(row["chat_id"], row["message_id"], row["sent_at"]) for row in rows}

    @cached_property
    def threads(self) -> list[Thread]:
        return threads(self.said, self._questions)


def shared_month(temporary: pytest.TempPathFactory) -> Month:
    """Return the sample month, which is landed and built once for all processes of pytest."""
    own = temporary.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "sample_month"
    folder.mkdir(exist_ok=True)
    pipeline, sample = Pipeline(folder), list(deliveries(START, DAYS, PER_DAY, zone=ZONE))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "is_built").exists():
            land_sample(pipeline, sample)
            _build(pipeline)
            (folder / "is_built").touch()
    return Month(pipeline, happenings(sample))


def _build(pipeline: Pipeline) -> None:
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, MartParameters(ZONE.key)) as builder:
        counts = [each.conservation for each in build_marts(builder, days)]
    assert all(each is None or each.holds for each in counts)
