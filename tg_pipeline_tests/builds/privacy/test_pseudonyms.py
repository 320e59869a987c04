"""With pseudonyms and without texts, all figures of the sample are the same as with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.landing.zone import list_days
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules, pseudonym_of_id
from tg_pipeline.marts.bot_daily import BUTTONS
from tg_pipeline.marts.catalog import ALL_MARTS, DAILY_MARTS
from tg_pipeline.marts.daily import USER_ACTIVITY
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.marts.people import ACTIVE_USERS, BOTS, CHATS, RETENTION, USERS
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.builds.test_sample_month import START, ZONE, land_sample
from tg_pipeline_tests.built_marts import build_marts, partitions_of
from tg_pipeline_tests.conftest import Pipeline

DAYS, PER_DAY = 10, 80
KEY = Secret("0123456789abcdef0123456789abcdef")
PLAIN = PersonalDataRules()
PSEUDONYMS = PersonalDataRules(KEY, has_pseudonyms=True)
BOTH = PersonalDataRules(KEY, has_pseudonyms=True, drops_text=True)
WITHOUT_QUESTIONS = [
    *(mart for mart in DAILY_MARTS if mart is not BUTTONS),
    *(BOTS, USERS, CHATS, ACTIVE_USERS, RETENTION),
]
"""Marts whose figures need no texts. Which button was pressed is one."""

Figures = list[tuple[Any, ...]]


def built(pipeline: Pipeline, rules: PersonalDataRules) -> Pipeline:
    land_sample(pipeline, deliveries(START, DAYS, PER_DAY, zone=ZONE))
    rebuild(pipeline, rules)
    return pipeline


def rebuild(pipeline: Pipeline, rules: PersonalDataRules) -> None:
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day, parameters=LayerParameters(ZONE.key, personal_data=rules))
    with mart_builder(pipeline.lake, MartParameters(ZONE.key)) as builder:
        counts = [each.conservation for each in build_marts(builder, days)]
    assert all(each is None or each.holds for each in counts)


def rows(pipeline: Pipeline, mart: Mart) -> list[dict[str, Any]]:
    found = []
    for day in partitions_of(pipeline.lake, mart):
        with pipeline.lake.open(mart.name, day) as partition:
            batches = [row for batch in partition.batches() for row in batch.to_pylist()]
        found += [{**row, "context_date": day} for row in batches]
    return found


def figures(pipeline: Pipeline, mart: Mart) -> Figures:
    """Return the columns that say nothing about people, in an order of their own."""
    names = [name for name, column in mart.columns.items() if not column.is_personal]
    found = [tuple(row[name] for name in [*names, "context_date"]) for row in rows(pipeline, mart)]
    return sorted(found, key=repr)


@pytest.mark.slow
def test_all_figures_are_the_same_with_pseudonyms(new_pipeline: Callable[[], Pipeline]) -> None:
    plain, replaced = built(new_pipeline(), PLAIN), built(new_pipeline(), PSEUDONYMS)

    for mart in ALL_MARTS:
        expected = figures(plain, mart)
        assert figures(replaced, mart) == expected, mart.name
    assert rows(replaced, USER_ACTIVITY) != rows(plain, USER_ACTIVITY)


@pytest.mark.slow
def test_with_texts_left_out_too_only_figures_about_questions_are_empty(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    plain, empty = built(new_pipeline(), PLAIN), built(new_pipeline(), BOTH)

    for mart in WITHOUT_QUESTIONS:
        assert figures(empty, mart) == figures(plain, mart), mart.name
    # And nothing of anyone is left in the files
    people = {
        str(each) for row in rows(plain, USERS) if not row["is_bot"]
        for each in (row["first_name"], row["username"]) if each
    }  # fmt: skip
    texts = {
        row["text"] for day in plain.lake.days("enriched_updates")
        for row in plain.rows("enriched_updates", day) if len(row["text"] or "") > 12
    }  # fmt: skip
    assert people
    assert texts
    left = "\n".join(decoded(empty))
    assert {each for each in people if f"'{each}'" in left} == set()
    assert {each for each in texts if each in left} == set()


def decoded(pipeline: Pipeline) -> list[str]:
    """Return all values of enriched_updates and of the marts."""
    days = pipeline.lake.days("enriched_updates")
    enriched = [str(pipeline.rows("enriched_updates", day)) for day in days]
    return enriched + [str(rows(pipeline, mart)) for mart in ALL_MARTS]


def test_switching_pseudonyms_makes_days_stale_and_two_builds_give_the_same_bytes(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    # Given a day that was built without pseudonyms
    sent = {"id": 5, "is_bot": False, "first_name": "Ana"}
    update = {"update_id": 1, "message": {"message_id": 1, "date": 1_791_378_000, "from": sent}}
    pipeline.land(update)
    pipeline.build()
    parameters = LayerParameters(ZONE.key, personal_data=PSEUDONYMS)
    (state,) = pipeline.states(parameters=parameters)
    assert state.is_stale

    # When it is built again with them
    pipeline.build(parameters=parameters)

    # Then it is current, and the same as elsewhere
    (state,) = pipeline.states(parameters=parameters)
    assert state.is_current
    assert pipeline.rows("enriched_updates")[0]["user_id"] == pseudonym_of_id(KEY, 5)
    other = Pipeline(tmp_path / "other")
    other.land(update)
    other.age_landing()
    other.build(parameters=parameters)
    assert other.rows("enriched_updates")[0]["user_id"] == pseudonym_of_id(KEY, 5)
