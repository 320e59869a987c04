"""What becomes of a body: it lands once, is kept with a reason, or is none of the door's."""

import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import ChatMigration, RejectedBody, TrustLevel, unwrap_rejected
from lambda_ingest.settings import IngestSettings
from lambda_ingest.store import StoreError
from lambda_ingest.writer import ChatFilter, LandingWriter, WriteStatus, open_writer
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED, DAY_FOLDER, stored, update

GROUP, SUPERGROUP, STRANGER = -42, -1001234567890, -7
MIGRATED = update(9, chat={"id": GROUP}, migrate_to_chat_id=SUPERGROUP)


def door(landing: ObjectStore, *chat_ids: int) -> LandingWriter:
    return LandingWriter(
        landing=landing,
        bot_id=7,
        zone=ZoneInfo("America/Sao_Paulo"),
        sender=TrustLevel.NETWORK,
        chats=ChatFilter(landing, frozenset(chat_ids)) if chat_ids else None,
    )


def fate(door: LandingWriter, body: bytes) -> WriteStatus:
    return door.take(body, ARRIVED).fate


def test_an_update_lands_under_its_key_byte_for_byte(landing: ObjectStore) -> None:
    body = update(5, text="olá")

    taken = door(landing).take(body, ARRIVED)

    assert (taken.fate, taken.what.key) == (WriteStatus.LANDED, f"{DAY_FOLDER}/7-5.json")
    assert stored(landing) == {taken.what.key: body}


def test_the_same_update_a_day_later_is_a_duplicate(landing: ObjectStore) -> None:
    door(landing).take(update(5), ARRIVED)

    assert door(landing).take(update(5), ARRIVED + timedelta(days=1)).fate is WriteStatus.DUPLICATE
    assert stored(landing) == {f"{DAY_FOLDER}/7-5.json": update(5)}


def test_another_body_of_the_same_id_does_not_take_the_place_of_the_first(
    landing: ObjectStore,
) -> None:
    door(landing).take(update(5, text="first"), ARRIVED)

    assert fate(door(landing), update(5, text="second")) is WriteStatus.DUPLICATE
    assert list(stored(landing).values()) == [update(5, text="first")]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"update_id": "5"}'])
def test_what_is_no_update_is_kept_with_the_reason(landing: ObjectStore, body: bytes) -> None:
    taken = door(landing, GROUP).take(body, ARRIVED)

    assert isinstance(taken.what, RejectedBody)
    assert taken.fate is WriteStatus.REJECTED
    ((key, kept),) = stored(landing).items()
    assert key.startswith("rejected/context_date=2026-10-07/")
    assert unwrap_rejected(kept) == body
    assert json.loads(kept)["reason"] == taken.what.reason


def test_the_same_garbage_is_kept_once_and_rejected_each_time(landing: ObjectStore) -> None:
    assert [fate(door(landing), b"garbage") for _ in range(2)] == [WriteStatus.REJECTED] * 2
    assert len(stored(landing)) == 1


def test_an_update_of_another_chat_is_not_stored(landing: ObjectStore) -> None:
    assert fate(door(landing, GROUP), update(5, chat={"id": STRANGER})) is WriteStatus.FILTERED
    assert stored(landing) == {}


def test_an_update_of_a_kept_chat_or_of_none_is_stored(landing: ObjectStore) -> None:
    keeping = door(landing, GROUP)

    assert fate(keeping, update(5, chat={"id": GROUP})) is WriteStatus.LANDED
    assert fate(keeping, update(6, "poll")) is WriteStatus.LANDED
    assert len(stored(landing)) == 2


def test_a_new_id_is_learnt_from_the_message_that_tells_it(landing: ObjectStore) -> None:
    taken = door(landing, GROUP).take(MIGRATED, ARRIVED)

    assert taken.succession == ChatMigration(old=GROUP, new=SUPERGROUP)
    assert fate(door(landing, GROUP), update(10, chat={"id": SUPERGROUP})) is WriteStatus.LANDED


def test_a_new_id_is_told_once(landing: ObjectStore) -> None:
    keeping = door(landing, GROUP)

    told = [keeping.take(MIGRATED, ARRIVED).succession for _ in range(2)]

    assert told == [ChatMigration(old=GROUP, new=SUPERGROUP), None]


def test_a_door_that_keeps_all_chats_learns_none(landing: ObjectStore) -> None:
    assert door(landing).take(MIGRATED, ARRIVED).succession is None
    assert list(stored(landing)) == [f"{DAY_FOLDER}/7-9.json"]


def test_naming_an_update_puts_nothing(landing: ObjectStore) -> None:
    named = door(landing).name(update(5), ARRIVED)

    assert (named.fate, named.what.key) == (WriteStatus.LANDED, f"{DAY_FOLDER}/7-5.json")
    assert stored(landing) == {}


def test_a_door_is_opened_by_its_settings(tmp_path: Path) -> None:
    settings = IngestSettings.from_environment(
        {
            "TG_LANDING_URI": (tmp_path / "landing").as_uri(),
            "TG_TIMEZONE": "Asia/Kathmandu",
            "TELEGRAM_BOT_TOKEN": "7:open-sesame",
            "TELEGRAM_CHAT_IDS": f"{GROUP}",
        }
    )

    opened = open_writer(settings)

    assert (opened.bot_id, opened.zone, opened.sender) == (
        7,
        ZoneInfo("Asia/Kathmandu"),
        TrustLevel.NETWORK,
    )
    assert fate(opened, update(5, chat={"id": STRANGER})) is WriteStatus.FILTERED


def test_a_door_that_lands_nowhere_is_not_opened() -> None:
    with pytest.raises(StoreError, match="ftp://landing"):
        open_writer(IngestSettings.from_environment({"TG_LANDING_URI": "ftp://landing"}))
