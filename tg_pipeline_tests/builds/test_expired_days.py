"""Days of which something expired: the rest is kept, and forgotten people are erased from it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import obstore
import pytest

from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest
from lambda_ingest.settings import Secret
from tg_pipeline.builds.expired_days import erase_from_expired_day
from tg_pipeline.builds.mart_sources import days_with_stale_marts
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import DayStatus, known_days, stale_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules, pseudonym_of_id
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline_tests.builds.marts.mart_days import PARAMETERS, said
from tg_pipeline_tests.conftest import DAY, TIMEZONE, Pipeline

KEY = Secret("0123456789abcdef0123456789abcdef")
ANA, BIA = 5_000_001, 5_000_002
NEXT_DAY, TOMORROW = DAY + timedelta(days=1), DAY + timedelta(days=9)


def parameters(*people: int, floors: Floors) -> LayerParameters:
    who = [(Identity.USER, str(person)) for person in people]
    who += [(Identity.USERNAME, f"user_{person}") for person in people]
    digests = frozenset(identity_digest(KEY, *each) for each in who)
    return LayerParameters(TIMEZONE, Tombstones(KEY, digests), floors=floors)


def person(user: int) -> dict[str, Any]:
    return {
        "id": user,
        "is_bot": False,
        "first_name": f"Nome{user}",
        "username": f"user_{user}",
    }


@pytest.fixture
def built(pipeline: Pipeline) -> Pipeline:
    """Return a built day with people who answer, mention, add and write to each other."""
    joined = said(4, new_chat_members=[person(ANA), person(BIA)])
    del joined["message"]["text"]
    private = {"id": ANA, "type": "private", "first_name": f"Nome{ANA}"}
    pipeline.land(
        by(ANA, said(1)),
        said(2, reply_to_message=by(ANA, said(1))["message"]),
        said(3, text=f"oi @user_{ANA}, tg://user?id={ANA}"),
        joined,
        by(ANA, said(5, chat=private)),
        by(BIA, said(6)),
        joins(BIA, f"convite de @user_{ANA}"),
    )
    pipeline.build()
    return pipeline


def joins(user: int, link: str) -> dict[str, Any]:
    """Return an update of a person who joins through a link of that name."""
    content = said(7)["message"]
    member = {name: content[name] for name in ("chat", "date")} | {"from": person(user)}
    for name, status in (("old_chat_member", "left"), ("new_chat_member", "member")):
        member[name] = {"user": person(user), "status": status}
    return {"update_id": 7, "chat_member": member | {"invite_link": {"name": link}}}


def by(user: int, update: dict[str, Any]) -> dict[str, Any]:
    return update | {"message": update["message"] | {"from": person(user)}}


def build_marts(pipeline: Pipeline) -> None:
    with mart_builder(pipeline.lake, PARAMETERS) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, [DAY])


def expire(pipeline: Pipeline, *tables: str) -> None:
    for each in list(obstore.list(pipeline.landing).collect()):
        obstore.delete(pipeline.landing, each["path"])
    for table in tables:
        pipeline.lose(table)


def stale(pipeline: Pipeline, given: LayerParameters) -> bool:
    days = known_days(pipeline.landing, pipeline.lake, given.floors)
    return bool(stale_days(pipeline.states(*days, parameters=given)))


RAW = ("raw_updates", "quarantine", "deduped_updates", "listings")
BELOW_RAW = Floors(landing=NEXT_DAY, raw=NEXT_DAY)
BELOW_ENRICHED = Floors(landing=NEXT_DAY, raw=NEXT_DAY, enriched=NEXT_DAY)


@pytest.mark.parametrize(
    ("expired", "floors"),
    [
        ((), Floors(landing=NEXT_DAY)),
        (RAW, BELOW_RAW),
        ((*RAW, "enriched_updates"), BELOW_ENRICHED),
    ],
    ids=["landing", "raw", "enriched"],
)
def test_a_day_that_expired_is_neither_stale_nor_missing_even_if_something_lands(
    built: Pipeline, expired: tuple[str, ...], floors: Floors
) -> None:
    expire(built, *expired)
    built.land(said(7))

    (state,) = built.states(parameters=parameters(floors=floors))

    assert state.status(TOMORROW) is DayStatus.EXPIRED
    assert not stale(built, parameters(floors=floors))


def test_a_duplicate_stays_out_of_the_first_day_that_is_kept(pipeline: Pipeline) -> None:
    # Given an update that landed on two days, the first of which has expired in raw_updates
    pipeline.land({"update_id": 9, "poll": {"id": "7"}})
    pipeline.land({"update_id": 9, "poll": {"id": "7"}}, day=NEXT_DAY)
    pipeline.build()
    pipeline.build(NEXT_DAY)
    for table in RAW:
        pipeline.lose(f"{table}/context_date={DAY}")
    given = parameters(floors=Floors(raw=NEXT_DAY))
    assert not stale(pipeline, given)

    # When something lands on the day after, and it is built
    pipeline.land({"update_id": 10, "poll": {"id": "8"}}, day=NEXT_DAY)
    built = pipeline.build(NEXT_DAY, parameters=given)

    # Then the copy is still left out
    assert built.deduped.duplicates == 1
    assert not stale(pipeline, given)


def test_people_are_erased_from_enriched_updates_once_raw_updates_expired(
    built: Pipeline,
) -> None:
    # Given a day whose raw_updates expired
    expire(built, *RAW)
    given = parameters(ANA, floors=BELOW_RAW)
    assert stale(built, given)

    # When a person is erased
    erase_from_expired_day(built.lake, DAY, given)

    # Then other rows are kept without the person, and the day is up to date
    rows = built.rows("enriched_updates")
    assert [row["update_id"] for row in rows] == [2, 3, 4, 6, 7]
    assert [row["reply_to_user_id"] for row in rows if row["update_id"] == 2] == [None]
    assert [row["new_chat_member_ids"] for row in rows if row["update_id"] == 4] == [[BIA]]
    assert_erased(built)
    assert not stale(built, given)


def test_people_are_erased_from_daily_marts_once_enriched_updates_expired(
    built: Pipeline,
) -> None:
    build_marts(built)
    expire(built, *RAW, "enriched_updates")
    given = parameters(ANA, floors=BELOW_ENRICHED)
    assert days_with_stale_marts(built.lake, [DAY], PARAMETERS, given.floors) == []
    before = len(built.rows("user_activity"))
    assert stale(built, given)

    erase_from_expired_day(built.lake, DAY, given)

    assert 0 < len(built.rows("user_activity")) < before
    links = {row["invite_link_name"] for row in built.rows("members")}
    assert [link[:11] for link in links if link] == ["convite de "]
    assert_erased(built)
    assert not stale(built, given)


def test_people_are_erased_under_their_pseudonyms(built: Pipeline) -> None:
    # Given a day with pseudonyms, whose raw_updates expired
    hidden = replace(
        parameters(floors=Floors()), personal_data=PersonalDataRules(KEY, has_pseudonyms=True)
    )
    built.build(parameters=hidden)
    pseudonym = str(pseudonym_of_id(KEY, ANA))
    assert pseudonym in str(built.rows("enriched_updates"))
    expire(built, *RAW)

    erase_from_expired_day(built.lake, DAY, parameters(ANA, floors=BELOW_RAW))

    assert [row["update_id"] for row in built.rows("enriched_updates")] == [2, 3, 4, 6, 7]
    assert pseudonym not in str(built.rows("enriched_updates"))


def test_erasing_nobody_keeps_the_bytes(built: Pipeline) -> None:
    expire(built, *RAW)
    before = built.digest("enriched_updates")

    erase_from_expired_day(built.lake, DAY, parameters(404, floors=BELOW_RAW))

    assert built.digest("enriched_updates") == before
    assert not stale(built, parameters(404, floors=BELOW_RAW))


def assert_erased(pipeline: Pipeline) -> None:
    for table in ("enriched_updates", *(mart.name for mart in DAILY_MARTS)):
        for row in pipeline.rows(table):
            assert str(ANA) not in str(row), (table, row)
