"""Days below a floor are deleted everywhere, and no build and no late object restores them."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest

from lambda_ingest.store import put_if_absent
from tg_pipeline.builds import expiry
from tg_pipeline.builds.expiry import DAY_FOLDERS, expire, floors_on
from tg_pipeline.builds.mart_sources import buildable_days, days_with_stale_marts
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import day_states, known_days, stale_days
from tg_pipeline.events.dead_letters import REJECTED_EVENTS
from tg_pipeline.lake.floors import Floors, TableGroup, read_floors
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.sample import deliveries
from tg_pipeline.settings import KeepDays
from tg_pipeline_tests.builds.test_sample_month import ZONE, land_sample
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.security.search import files_below, holds

FIRST = date(2026, 10, 1)
DAYS, PER_DAY = 8, 40
TODAY = FIRST + timedelta(days=DAYS)
ALL_EQUAL = KeepDays(landing=3, raw=3, enriched=3, marts=3)
FLOOR = TODAY - timedelta(days=3)
MARTS = MartParameters(ZONE.key)


def build_all(pipeline: Pipeline) -> None:
    """Build what is stale, as `tg-pipeline run` does."""
    landing, lake = pipeline.landing, pipeline.lake
    parameters = LayerParameters(ZONE.key, floors=read_floors(landing))
    known = known_days(landing, lake, parameters.floors)
    for day in stale_days(day_states(landing, lake, known, parameters)):
        pipeline.build(day, parameters=parameters)
    with mart_builder(lake, MARTS) as builder:
        for mart in DAILY_MARTS:
            if days := buildable_days(lake, mart, known, parameters.floors):
                builder.build_days(mart, days)
        for mart in CUMULATIVE_MARTS:
            builder.build(mart)


def said(number: int, words: str, day: date) -> tuple[dict[str, Any], date]:
    seconds = (day - FIRST).days * 86_400 + 1_790_866_800
    person = {"id": 8_000_000_000 + number, "is_bot": False, "first_name": f"Name{words}"}
    chat = {"id": -100_5, "type": "group", "title": "Turma"}
    content = {"message_id": number, "date": seconds + number, "from": person, "chat": chat}
    return {"update_id": number, "message": content | {"text": f"como faço {words}?"}}, day


def rows(pipeline: Pipeline, mart: str) -> list[dict[str, Any]]:
    with pipeline.lake.open(mart, None) as partition:
        return [row for batch in partition.batches() for row in batch.to_pylist()]


def objects(pipeline: Pipeline) -> dict[str, int]:
    stores = {"landing": pipeline.landing, "lake": pipeline.lake.store}
    return {
        f"{name}/{meta['path']}": meta["size"]
        for name, store in stores.items()
        for meta in obstore.list(store).collect()
    }


def test_floors_leave_so_many_whole_days_and_today() -> None:
    keep = KeepDays(landing=1, raw=99_999_999 // 1000, marts=30)

    assert floors_on(DAY, keep) == Floors(
        landing=DAY - timedelta(days=1),
        raw=date.fromordinal(DAY.toordinal() - 99_999),
        marts=DAY - timedelta(days=30),
    )
    assert floors_on(date(2, 1, 1), KeepDays(raw=9_999)) == Floors(raw=date.min)
    assert floors_on(DAY, KeepDays()) == Floors()


def test_every_table_by_day_belongs_to_a_group() -> None:
    grouped = {prefix for prefixes in DAY_FOLDERS.values() for prefix in prefixes}

    layers = {"raw_updates", "quarantine", "deduped_updates", "enriched_updates"}
    assert grouped >= layers | {mart.name for mart in DAILY_MARTS}
    assert not grouped & {mart.name for mart in CUMULATIVE_MARTS}


@pytest.mark.slow
def test_not_a_byte_of_an_expired_day_is_left_and_nothing_brings_it_back(
    pipeline: Pipeline,
) -> None:
    # Given days with messages, rejected bodies, replies and markers of gaps of each
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    for number, day in enumerate(days, 1):
        update, _ = said(number, f"jabuticaba{number}x", day)
        pipeline.land(update, day=day)
        for folder in ("rejected", "replies", "gaps"):
            body = f"jabuticaba{number}x".encode()
            put_if_absent(pipeline.landing, f"{folder}/context_date={day}/{number}.json", body)
        pipeline.put(f"{number}.json", f"{{jabuticaba{number}x".encode(), day)
    build_all(pipeline)

    # When all is kept for three days
    floors, found = expire(pipeline.landing, pipeline.lake, floors_on(TODAY, ALL_EQUAL))
    build_all(pipeline)

    # Then nothing is left of earlier days, and everything of the others
    assert floors == Floors(*[FLOOR] * 4)
    assert {len(each.days) for each in found.values()} == {5}
    assert left(pipeline) == {6, 7, 8}

    # And a late object of an expired day is not built, and deleted by the next run
    late, day = said(3, "jabuticaba3x", days[2])
    pipeline.land(late, day=day)
    build_all(pipeline)
    assert not pipeline.rows("raw_updates", day)
    expire(pipeline.landing, pipeline.lake, Floors())
    assert left(pipeline) == {6, 7, 8}


def left(pipeline: Pipeline) -> set[int]:
    """Return the numbers of the days whose words are in any file, also decoded."""
    texts = [each.content for each in files_below(pipeline.folder)]
    lake = pipeline.lake
    for layer in ("raw_updates", "quarantine", "deduped_updates", "enriched_updates"):
        texts += [str(pipeline.rows(layer, day)).encode() for day in lake.days(layer)]
    for mart in ALL_MARTS:
        for day in lake.days(mart.name) if mart.is_daily else [None]:
            with lake.open(mart.name, day) as partition:
                texts += [str(batch.to_pylist()).encode() for batch in partition.batches()]
    return {n for n in range(1, DAYS + 1) for text in texts if holds(text, f"jabuticaba{n}x")}


@pytest.mark.slow
def test_counts_per_day_remain_when_only_updates_expire(pipeline: Pipeline) -> None:
    # Given a month in which a group becomes a supergroup, where people are new
    land_sample(pipeline, deliveries(FIRST, DAYS, PER_DAY, zone=ZONE))
    build_all(pipeline)
    before = {mart: rows(pipeline, mart) for mart in ("active_users", "retention")}
    daily = {key: size for key, size in objects(pipeline).items() if "daily_activity" in key}

    asked = floors_on(TODAY, KeepDays(landing=2, raw=2, enriched=2))
    expire(pipeline.landing, pipeline.lake, asked)
    build_all(pipeline)

    assert {mart: rows(pipeline, mart) for mart in before} == before
    assert all(before.values())
    assert daily.items() <= objects(pipeline).items()
    assert {row["sent_on"] for row in rows(pipeline, "messages")} <= {
        TODAY - timedelta(days=back) for back in (0, 1, 2, 3)
    }
    parameters = LayerParameters(ZONE.key, floors=asked)
    known = known_days(pipeline.landing, pipeline.lake, asked)
    assert not stale_days(day_states(pipeline.landing, pipeline.lake, known, parameters))
    assert not days_with_stale_marts(pipeline.lake, known, MARTS, asked)


def test_a_run_that_is_killed_after_the_floors_is_completed_by_the_next(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        pipeline.land(said(number, "x", FIRST)[0], day=FIRST + timedelta(days=number))
    asked = floors_on(TODAY, ALL_EQUAL)
    with monkeypatch.context() as patch:
        patch.setattr(expiry, "_delete", killed)
        with pytest.raises(KeyboardInterrupt):
            expire(pipeline.landing, pipeline.lake, asked)
    assert read_floors(pipeline.landing) == asked

    # A later run, also one that asks for less, deletes what is below
    _, found = expire(pipeline.landing, pipeline.lake, floors_on(TODAY, KeepDays(raw=9)))

    assert found[TableGroup.LANDING].objects >= 3
    assert not [key for key in objects(pipeline) if "telegram/" in key]


def killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", [None, "memory://expiry"], ids=["a folder", "a bucket"])
def test_a_dry_run_counts_the_same_and_changes_nothing(tmp_path: Path, place: str | None) -> None:
    pipeline = Pipeline(tmp_path, place)
    for number in range(1, 4):
        pipeline.land(said(number, "x", FIRST)[0], day=FIRST + timedelta(days=number))
    before, asked = objects(pipeline), floors_on(TODAY, ALL_EQUAL)

    shown = expire(pipeline.landing, pipeline.lake, asked, dry_run=True)

    assert objects(pipeline) == before
    assert shown == expire(pipeline.landing, pipeline.lake, asked)
    assert not [key for key in objects(pipeline) if "/telegram/" in key]


def test_messages_of_the_queue_expire_by_age_and_other_objects_stay(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    pipeline = new_pipeline()
    put_if_absent(pipeline.lake.store, f"{REJECTED_EVENTS}/1.json", b"{}")
    for key in ("chats/-100/successor-of-5.json", f"bots/{BOT}.json", "privacy/forgotten/k/x.json"):
        put_if_absent(pipeline.landing, key, b"{}")
    kept = objects(pipeline)

    expire(pipeline.landing, pipeline.lake, Floors(landing=date(2026, 1, 1)))
    assert kept.keys() <= objects(pipeline).keys()

    expire(pipeline.landing, pipeline.lake, Floors(*[date(2999, 1, 1)] * 4))
    gone = {key for key in kept if key not in objects(pipeline)}
    assert gone == {f"lake/{REJECTED_EVENTS}/1.json"}
