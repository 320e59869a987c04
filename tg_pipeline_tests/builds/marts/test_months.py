"""Marts by month: whatever changed in whatever night, they are those of a build from scratch."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import obstore
import pytest
from hypothesis import given, settings

from tg_pipeline.builds.mart_sources import cumulative_marts_are_stale
from tg_pipeline.builds.marts import MartBuildResult, mart_builder
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import Lake, Month, PartitionName, partition_key
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, STORED_MARTS
from tg_pipeline.marts.cumulative import ANSWERS, DETECTED_QUESTIONS, MESSAGES
from tg_pipeline.marts.daily import USER_ACTIVITY
from tg_pipeline.marts.duckdb_engine import create_view, open_engine, run_query
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.storage.object_store import list_pages
from tg_pipeline_tests.builds.marts.histories import (
    ANA,
    ANSWER,
    BIA,
    CAIO,
    CHANNEL_ACCOUNT,
    DISCUSSION,
    GROUP,
    MOVED,
    NIGHTS,
    OTHER_GROUP,
    OTHER_QUESTION,
    QUESTION,
    REMARK,
    SUPERGROUP,
    THANKS,
    Event,
    History,
    Payload,
    days_of,
    edit,
    histories,
    message,
    put_day,
    reaction,
)
from tg_pipeline_tests.built_marts import partitions_of, rows_of

ZONE: Final = ZoneInfo("America/Sao_Paulo")
PARAMETERS: Final = MartParameters(ZONE.key)
BY_MONTH: Final = (MESSAGES, DETECTED_QUESTIONS, ANSWERS)
SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)

Rows = Sequence[tuple[int, int, Any]]


def lake_in(folder: str | Path) -> Lake:
    return Lake(Path(folder, "lake").absolute().as_uri())


def build_all(lake: Lake, parameters: MartParameters) -> list[MartBuildResult]:
    """Build what the marts over all days are made from, and these."""
    with mart_builder(lake, parameters) as builder:
        builder.build_days(USER_ACTIVITY, lake.days(ENRICHED_UPDATES.name))
        results = [each for mart in CUMULATIVE_MARTS for each in builder.build(mart)]
    assert all(each.conservation is None or each.conservation.holds for each in results)
    return results


def built_at_once(days: Mapping[date, Rows], parameters: MartParameters) -> dict[str, bytes]:
    """Return the objects of all marts in a fresh lake with these days."""
    with TemporaryDirectory() as folder:
        lake = lake_in(folder)
        for day, rows in days.items():
            put_day(lake, day, rows)
        build_all(lake, parameters)
        return objects(lake)


def objects(lake: Lake) -> dict[str, bytes]:
    """Return the bytes of all objects of marts by their path in the lake."""
    return {
        meta["path"]: obstore.get(lake.store, meta["path"]).bytes().to_bytes()
        for mart in STORED_MARTS
        for page in list_pages(lake.store, mart.name)
        for meta in page
    }


def check_nights(history: History, checked: Iterable[int]) -> None:
    """Build each night, and compare those that are to be checked with a build from scratch."""
    parameters = MartParameters(history.zone.key)
    with TemporaryDirectory() as folder:
        before: Mapping[date, Rows] = {}
        for night in range(NIGHTS):
            # When the days that are new, late or changed are written, and the marts are built
            lake, days = lake_in(folder), history.days(night)
            for day, rows in days.items():
                if before.get(day) != rows:
                    put_day(lake, day, rows)
            build_all(lake, parameters)
            before = days

            # Then every object is that of a build from scratch, and nothing is stale
            if night in checked:
                built, expected = objects(lake), built_at_once(days, parameters)
                assert built.keys() == expected.keys()
                assert [name for name in built if built[name] != expected[name]] == []
                assert not cumulative_marts_are_stale(Footers(lake), parameters)


@pytest.mark.slow
@settings(max_examples=3)
@given(histories())
def test_after_each_night_marts_of_many_histories_are_those_of_a_build_from_scratch(
    history: History,
) -> None:
    check_nights(history, range(NIGHTS))


def at_once(lake: Lake, mart: Mart, parameters: MartParameters) -> list[dict[str, Any]]:
    """Return the rows of a monthly mart's query over all times and all of its sources."""
    with TemporaryDirectory() as spill_folder, open_engine(Path(spill_folder)) as engine:
        for table in mart.sources:
            names = (
                partitions_of(lake, table)
                if isinstance(table, Mart)
                else lake.days(ENRICHED_UPDATES.name)
            )
            with lake.files(table.name, names) as files:
                create_view(engine, table, files)
        batches = run_query(engine, mart, parameters)
        return [row for batch in batches for row in batch.to_pylist()]


def in_order(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, rows))


def check_union(history: History) -> None:
    parameters = MartParameters(history.zone.key)
    with TemporaryDirectory() as folder:
        lake = lake_in(folder)
        for day, rows in history.days(NIGHTS - 1).items():
            put_day(lake, day, rows)
        build_all(lake, parameters)

        months, whole = rows_of(lake, MESSAGES), at_once(lake, MESSAGES, parameters)
        # The comments on a post that only a later month tells of look like other messages.
        unknown = {
            (row["chat_id"], row["message_id"]) for row in months if not row["comment_thread_id"]
        }
        for row in whole:
            if (row["chat_id"], row["message_id"]) in unknown:
                row["comment_thread_id"] = None
        assert in_order(months) == in_order(whole)
        months = rows_of(lake, ANSWERS)
        assert in_order(months) == in_order(at_once(lake, ANSWERS, parameters))


@pytest.mark.slow
@settings(max_examples=8)
@given(histories(edits_stay_in_month=True))
def test_all_months_of_many_histories_together_are_the_query_over_all_times(
    history: History,
) -> None:
    check_union(history)


# Rules, one by one


def at(local: str) -> datetime:
    """Return a local time such as `2026-10-07 09:30`."""
    return datetime.fromisoformat(local).replace(tzinfo=ZONE)


def says(
    local: str, person: int, text: str, number: int, chat_id: int = SUPERGROUP, **fields: Any
) -> Event:
    return Event(at(local), message(at(local), person, text, number, chat_id, **fields), person)


def edits(of: Event, local: str, text: str) -> Event:
    return Event(at(local), edit(of.content, at(local), text), of.person)


def likes(of: Event, local: str, person: int) -> Event:
    return Event(at(local), reaction(of.content, at(local), person), person)


def becomes_a_supergroup(local: str, group: int, number: int) -> Event:
    return says(local, ANA, "", number, group, migrate_to_chat_id=MOVED[group])


@dataclass
class Nights:
    """A lake that is built night by night."""

    lake: Lake
    events: list[Event] = field(default_factory=list)

    def land(self, *events: Event) -> None:
        """Write the days of events, with what they had before."""
        self.events += events
        changed = {each.at.astimezone(ZONE).date() for each in events}
        days = days_of(enumerate(self.events, 1), ZONE)
        for day in changed:
            put_day(self.lake, day, days[day])

    def copied_to(self, lake: Lake) -> Self:
        """Return the same history, of a copy of the lake."""
        return replace(self, lake=lake, events=[*self.events])

    def clear(self, day: date) -> None:
        """Write a day without rows."""
        self.events = [each for each in self.events if each.at.astimezone(ZONE).date() != day]
        put_day(self.lake, day, [])

    def build(self) -> set[tuple[str, PartitionName]]:
        """Build the marts by month, and return what was written."""
        with mart_builder(self.lake, PARAMETERS) as builder:
            return {
                (mart.name, each.partition)
                for mart in BY_MONTH
                for each in builder.build(mart)
                if each.is_new
            }

    def build_all(self) -> None:
        build_all(self.lake, PARAMETERS)

    def land_and_build(self, *events: Event) -> set[tuple[str, PartitionName]]:
        self.land(*events)
        return self.build()

    def rows(self, mart: Mart, month: Month, *columns: str) -> list[tuple[Any, ...]]:
        with self.lake.open(mart.name, month) as partition:
            rows = [row for batch in partition.batches() for row in batch.to_pylist()]
        return [tuple(row[name] for name in columns) for row in rows]

    def is_stale(self, parameters: MartParameters = PARAMETERS) -> bool:
        return cumulative_marts_are_stale(Footers(self.lake), parameters)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(lake_in(tmp_path))


def written(marts: Sequence[Mart], *months: Month) -> set[tuple[str, PartitionName]]:
    return {(mart.name, month) for mart in marts for month in months}


def test_an_edit_in_a_later_month_changes_the_month_of_its_message(nights: Nights) -> None:
    # Given a remark that is corrected to a question after the midnight of its month
    asked = says("2026-09-30 23:50", ANA, REMARK, 1)
    nights.land_and_build(asked, says("2026-10-01 09:00", BIA, REMARK, 2))

    new = nights.land_and_build(edits(asked, "2026-10-01 10:00", QUESTION))

    # October is made again since a day of it has changed, but its messages are the same.
    assert new == written(BY_MONTH, SEPTEMBER) | written([MESSAGES, ANSWERS], OCTOBER)
    assert nights.rows(MESSAGES, SEPTEMBER, "message_id", "text") == [(1, QUESTION)]
    assert nights.rows(MESSAGES, OCTOBER, "message_id", "text") == [(2, REMARK)]
    (question,) = nights.rows(DETECTED_QUESTIONS, SEPTEMBER, "asked_at")
    assert question == (at("2026-10-01 10:00"),)


def test_a_move_changes_the_chat_of_earlier_months_that_have_the_group_and_of_no_others(
    nights: Nights,
) -> None:
    # Given a group that is silent in October, and another group
    nights.land_and_build(
        says("2026-09-03 09:00", ANA, REMARK, 1, GROUP),
        says("2026-10-25 09:00", ANA, REMARK, 2, OTHER_GROUP),
        says("2026-11-20 09:00", ANA, REMARK, 3, SUPERGROUP),
    )

    # When it becomes a supergroup in November
    new = nights.land_and_build(becomes_a_supergroup("2026-11-25 09:00", GROUP, 4))

    # Then September follows, and October is left alone
    assert {month for _, month in new} == {SEPTEMBER, NOVEMBER}
    assert nights.rows(MESSAGES, SEPTEMBER, "chat_id", "chat_id_then") == [(MOVED[GROUP], GROUP)]
    assert nights.rows(MESSAGES, OCTOBER, "chat_id") == [(OTHER_GROUP,)]


@pytest.mark.parametrize(
    ("replied_at", "answer"), [("2026-10-13 09:00", 2), ("2026-10-15 09:00", None)]
)
def test_a_reply_in_the_next_month_answers_within_14_days(
    nights: Nights, replied_at: str, answer: int | None
) -> None:
    nights.land_and_build(says("2026-09-30 09:00", ANA, QUESTION, 1))

    nights.land_and_build(says(replied_at, BIA, ANSWER, 2, reply_to=1))

    assert nights.rows(ANSWERS, SEPTEMBER, "answer_message_id") == [(answer,)]


def test_thanks_after_the_midnight_of_the_month_count(nights: Nights) -> None:
    # Given two questions that are answered just before and just after midnight
    first = says("2026-09-30 23:57", BIA, ANSWER, 3, reply_to=1)
    second = says("2026-10-01 00:01", CAIO, ANSWER, 4, reply_to=2)
    nights.land_and_build(
        says("2026-09-30 23:55", ANA, QUESTION, 1),
        says("2026-09-30 23:56", BIA, QUESTION, 2),
        *(first, second),
    )
    thanked = "message_id", "is_thanked"
    assert set(nights.rows(ANSWERS, SEPTEMBER, *thanked)) == {(1, False), (2, False)}

    # When one is thanked for in words, and the other by a reaction
    nights.land_and_build(
        says("2026-10-01 00:05", ANA, THANKS, 5), likes(second, "2026-10-01 20:00", BIA)
    )

    assert set(nights.rows(ANSWERS, SEPTEMBER, *thanked)) == {(1, True), (2, True)}


def test_a_month_that_loses_its_messages_is_deleted(nights: Nights) -> None:
    nights.land_and_build(
        says("2026-09-07 09:00", ANA, QUESTION, 1), says("2026-10-07 09:00", ANA, QUESTION, 2)
    )

    nights.clear(date(2026, 9, 7))
    nights.build()

    assert [nights.lake.months(mart.name) for mart in BY_MONTH] == [[OCTOBER]] * 3


def test_the_object_of_an_earlier_release_is_deleted(nights: Nights) -> None:
    nights.land(says("2026-09-07 09:00", ANA, QUESTION, 1))
    nights.build_all()
    with nights.lake.writer(MESSAGES.name, None, MESSAGES.schema) as output:
        output.commit()
    assert nights.is_stale()

    assert nights.build() == set()

    assert nights.lake.footer(MESSAGES.name, None) is None
    assert not nights.is_stale()


@pytest.mark.slow
def test_a_night_writes_its_own_month_only(nights: Nights) -> None:
    # Given three months of history
    numbers = range(75)
    nights.land_and_build(
        *(
            says(f"{date(2026, 9, 1) + timedelta(days=n)} 09:00", ANA, QUESTION, n + 1)
            for n in numbers
        )
    )

    # When a day is added that is too late in its month to matter to the one before
    new = nights.land_and_build(says("2026-11-21 09:00", BIA, ANSWER, 100))

    assert new == written(BY_MONTH, NOVEMBER)


def test_the_first_days_of_a_month_may_answer_questions_of_the_month_before(
    nights: Nights,
) -> None:
    nights.land_and_build(
        says("2026-09-30 09:00", ANA, QUESTION, 1), says("2026-10-01 09:00", ANA, REMARK, 2)
    )

    new = nights.land_and_build(says("2026-10-05 09:00", BIA, ANSWER, 3))

    assert new == written(BY_MONTH, OCTOBER) | written([ANSWERS], SEPTEMBER)


def test_comments_belong_to_a_post_of_an_earlier_month_but_not_to_one_learned_of_later(
    nights: Nights,
) -> None:
    # Given a post in September, and comments on it and on an unknown post in October
    channel = {"id": -1_000_000_000_999, "type": "channel"}
    on_post: Payload = {"message_thread_id": 1}
    on_unknown_post: Payload = {"message_thread_id": 2}
    nights.land_and_build(
        says(
            "2026-09-07 09:00",
            CHANNEL_ACCOUNT,
            "novidades",
            1,
            DISCUSSION,
            sender_chat=channel,
            is_automatic_forward=True,
        ),
        says("2026-10-07 09:00", ANA, REMARK, 11, DISCUSSION, **on_post),
        says("2026-10-07 09:01", ANA, REMARK, 12, DISCUSSION, **on_unknown_post),
    )

    # When a comment of November tells of that post
    told = {"reply_to_message": {"message_id": 2, "is_automatic_forward": True}}
    nights.land_and_build(
        says("2026-11-07 09:00", BIA, REMARK, 13, DISCUSSION, **on_unknown_post, **told)
    )

    # Then that comment belongs to it, but October stays as it is
    in_thread = "message_id", "comment_thread_id"
    assert nights.rows(MESSAGES, OCTOBER, *in_thread) == [(11, 1), (12, None)]
    assert nights.rows(MESSAGES, NOVEMBER, *in_thread) == [(13, 2)]


def test_a_reply_to_a_question_of_the_month_before_answers_no_other_question(
    nights: Nights,
) -> None:
    # Given somebody who asks in September, and something else in October
    nights.land_and_build(
        says("2026-09-20 09:00", ANA, OTHER_QUESTION, 1),
        says("2026-10-05 09:00", ANA, QUESTION, 2),
    )

    # When the only other person in the chat replies to the first of both
    replied: Payload = {"reply_to_message": {"message_id": 1, "from": {"id": ANA}}}
    nights.land_and_build(says("2026-10-05 09:05", BIA, ANSWER, 3, **replied))

    assert nights.rows(ANSWERS, OCTOBER, "message_id", "answer_message_id") == [(2, None)]


def test_a_message_that_claims_to_be_of_the_last_year_of_all_stops_no_build(
    nights: Nights,
) -> None:
    end_of_time = datetime(9999, 12, 31, 12, tzinfo=UTC)
    nights.land(says("2026-09-07 09:00", ANA, QUESTION, 1))
    claim = message(end_of_time, ANA, QUESTION, 2, SUPERGROUP)
    nights.land(Event(at("2026-09-08 09:00"), claim, ANA))

    nights.build()

    assert nights.lake.months(MESSAGES.name) == [SEPTEMBER]


def damage(nights: Nights) -> None:
    key = partition_key(MESSAGES.name, SEPTEMBER)
    nights.lake.put(key, b"no Parquet")


ASKED = says("2026-09-07 09:00", ANA, QUESTION, 1, GROUP)
CHANGES: dict[str, Callable[[Nights], None]] = {
    "a message arrives late": lambda nights: nights.land(says("2026-09-03 09:00", BIA, REMARK, 20)),
    "a message of another month arrives": lambda nights: nights.land(
        says("2026-08-03 09:00", BIA, REMARK, 21)
    ),
    "a message is edited in a later month": lambda nights: nights.land(
        edits(ASKED, "2026-11-01 09:00", ANSWER)
    ),
    "a group becomes a supergroup in a later month": lambda nights: nights.land(
        becomes_a_supergroup("2026-11-01 09:00", GROUP, 22)
    ),
    "a reaction arrives": lambda nights: nights.land(likes(ASKED, "2026-09-07 10:00", BIA)),
    "a month is damaged": damage,
    "a month is deleted": lambda nights: nights.lake.remove(ANSWERS.name, SEPTEMBER),
    "a day loses its rows": lambda nights: nights.clear(date(2026, 9, 7)),
}


@pytest.mark.slow
def test_each_change_makes_marts_stale_until_they_are_built(nights: Nights, tmp_path: Path) -> None:
    # Given marts that are up to date
    nights.land(ASKED, says("2026-10-07 09:00", ANA, REMARK, 2, OTHER_GROUP))
    nights.build_all()
    assert not nights.is_stale()

    # Then each change alone makes them stale
    for number, (what, change) in enumerate(CHANGES.items()):
        shutil.copytree(tmp_path / "lake", tmp_path / str(number) / "lake")
        changed = nights.copied_to(lake_in(tmp_path / str(number)))
        assert not changed.is_stale()
        change(changed)
        assert changed.is_stale(), what

    # And a build of all of them ends that
    for change in CHANGES.values():
        change(nights)
    nights.build_all()
    assert not nights.is_stale()


@pytest.mark.slow
def test_a_bucket_has_the_objects_of_a_folder(nights: Nights) -> None:
    in_bucket = Nights(Lake(f"memory://{uuid4()}"))
    asked = says("2026-09-30 23:50", ANA, REMARK, 1, GROUP)
    for each in (nights, in_bucket):
        # Given a month, a change of it in the next one, and one that loses its messages again
        each.land(asked, says("2026-08-07 09:00", ANA, REMARK, 2))
        each.build_all()
        each.land(edits(asked, "2026-10-01 09:00", QUESTION))
        each.land(becomes_a_supergroup("2026-10-02 09:00", GROUP, 3))
        each.clear(date(2026, 8, 7))
        each.build_all()

    assert objects(in_bucket.lake) == objects(nights.lake)
    assert in_bucket.lake.months(MESSAGES.name) == [SEPTEMBER, OCTOBER]
    assert not in_bucket.is_stale()


def test_months_are_those_of_the_time_zone(nights: Nights) -> None:
    # Given a message in the last hour of September in São Paulo
    nights.land(says("2026-09-30 23:30", ANA, QUESTION, 1))
    nights.build_all()
    in_tokyo = MartParameters("Asia/Tokyo")
    assert nights.is_stale(in_tokyo)

    build_all(nights.lake, in_tokyo)

    assert not nights.is_stale(in_tokyo)
    assert [nights.lake.months(mart.name) for mart in BY_MONTH] == [[OCTOBER]] * 3


def test_a_damaged_month_is_rebuilt_with_the_same_bytes(nights: Nights, tmp_path: Path) -> None:
    nights.land(
        says("2026-09-30 09:00", ANA, QUESTION, 1),
        says("2026-10-01 09:00", BIA, ANSWER, 2, reply_to=1),
        says("2026-10-02 09:00", BIA, QUESTION, 3),
    )
    nights.build_all()
    before = objects(nights.lake)

    # When a byte of a row changes, which its footer does not tell, and another mart is stale
    path = tmp_path / "lake" / partition_key(MESSAGES.name, OCTOBER)
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    nights.lake.remove(ANSWERS.name, SEPTEMBER)
    nights.build_all()

    assert objects(nights.lake) == before
