"""`LandingWriter` stores each update once; `ChatFilter` follows chosen chats to their new ids."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from lambda_ingest.landing import ChatMigration, TrustLevel
from lambda_ingest.privacy.forgotten_people import list_forgotten_people
from lambda_ingest.settings import IngestSettings, Secret
from lambda_ingest.store import open_store
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.writer import (
    STRANGERS_EXPIRY,
    ChatFilter,
    LandingWriter,
    WriteStatus,
    former_ids,
    list_migrations,
    open_writer,
)
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED, DAY_FOLDER, stored, update
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget

GROUP, SUPERGROUP, STRANGER = -42, -1001234567890, -7
MIGRATION = ChatMigration(old=GROUP, new=SUPERGROUP)


def writer_to(landing: ObjectStore, *chat_ids: int) -> LandingWriter:
    return LandingWriter(
        landing=landing,
        bot_id=7,
        zone=ZoneInfo("America/Sao_Paulo"),
        trust=TrustLevel.NETWORK,
        chats=ChatFilter(landing, frozenset(chat_ids), lambda: ARRIVED) if chat_ids else None,
    )


def status(writer: LandingWriter, body: bytes) -> WriteStatus:
    return writer.write(body, ARRIVED).status


class TestWriter:
    def test_an_update_lands_under_its_key_byte_for_byte_unless_it_is_only_classified(
        self, landing: ObjectStore
    ) -> None:
        body, writer = update(5, text="olá"), writer_to(landing)
        classified = writer.classify(body, ARRIVED)
        assert stored(landing) == {}

        result = writer.write(body, ARRIVED)

        assert result == classified

        assert (result.status, result.parsed.key) == (WriteStatus.LANDED, f"{DAY_FOLDER}/7-5.json")
        assert stored(landing) == {result.parsed.key: body}

    def test_only_updates_of_chosen_chats_and_without_a_chat_are_stored(
        self, landing: ObjectStore
    ) -> None:
        writer = writer_to(landing, GROUP)

        assert status(writer, update(4, chat={"id": STRANGER})) is WriteStatus.FILTERED
        assert status(writer, update(5, chat={"id": GROUP})) is WriteStatus.LANDED
        assert status(writer, update(6, "poll")) is WriteStatus.LANDED
        assert sorted(stored(landing)) == [f"{DAY_FOLDER}/7-5.json", f"{DAY_FOLDER}/7-6.json"]

    def test_a_writer_is_opened_from_the_settings(self, tmp_path: Path) -> None:
        settings = IngestSettings.from_environment(
            {
                "TG_LANDING_URI": (tmp_path / "landing").as_uri(),
                "TG_TIMEZONE": "Asia/Kathmandu",
                "TELEGRAM_BOT_TOKEN": "7:open-sesame",
                "TELEGRAM_CHAT_IDS": f"{GROUP}",
            }
        )

        writer = open_writer(settings, lambda: ARRIVED)

        found = (writer.bot_id, writer.zone, writer.trust)
        assert found == (7, ZoneInfo("Asia/Kathmandu"), TrustLevel.NETWORK)
        assert status(writer, update(5, chat={"id": STRANGER})) is WriteStatus.FILTERED


class TestGapMarkers:
    """Who looks for gaps in the ids of updates learns that some were left out, and nothing else."""

    def test_a_day_on_which_updates_are_filtered_or_suppressed_gets_an_empty_marker_of_each(
        self, landing: ObjectStore
    ) -> None:
        forget(landing, 5001)
        people = list_forgotten_people(landing, Secret(KEY), lambda: ARRIVED)
        writer = replace(writer_to(landing, GROUP), people=people)

        for chat_id, person in [(STRANGER, 1), (STRANGER, 5001), (GROUP, 5001), (GROUP, 1)]:
            content: dict[str, Any] = {"chat": {"id": chat_id}, "from": {"id": person}}
            writer.write(update(4, **content), ARRIVED)

        markers = {key: body_of(landing, key) for key in keys_of(landing, GAPS_PREFIX)}
        assert markers == {
            "gaps/context_date=2026-10-07/7-filtered": b"",
            "gaps/context_date=2026-10-07/7-suppressed": b"",
        }

    def test_without_either_there_is_none(self, landing: ObjectStore) -> None:
        writer = writer_to(landing, GROUP)

        for body in (update(5, chat={"id": GROUP}), b"not an update"):
            writer.write(body, ARRIVED)

        assert keys_of(landing, GAPS_PREFIX) == []

    def test_a_process_puts_a_marker_once(self, landing: ObjectStore) -> None:
        writer = writer_to(landing, GROUP)
        for number in range(2):
            writer.write(update(number, chat={"id": STRANGER}), ARRIVED)
            for key in keys_of(landing, GAPS_PREFIX):
                obstore.delete(landing, key)

        assert keys_of(landing, GAPS_PREFIX) == []

    def test_an_update_is_not_called_filtered_before_its_marker_is_durable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "gaps").write_text("not a folder")
        writer = writer_to(open_store(tmp_path.as_uri()), GROUP)

        with pytest.raises(OSError, match="gaps"):
            writer.write(update(4, chat={"id": STRANGER}), ARRIVED)


def keys_of(landing: ObjectStore, prefix: str) -> list[str]:
    return [meta["path"] for meta in obstore.list(landing, prefix).collect()]


def body_of(landing: ObjectStore, key: str) -> bytes:
    return obstore.get(landing, key).bytes().to_bytes()


def filter_of(landing: ObjectStore, *chat_ids: int) -> ChatFilter:
    return ChatFilter(landing, frozenset(chat_ids), lambda: ARRIVED)


class TestChatFilter:
    def test_every_container_keeps_the_new_id_of_a_chosen_chat(self, landing: ObjectStore) -> None:
        chats = filter_of(landing, GROUP)

        assert [chats.record(MIGRATION), chats.record(MIGRATION)] == [True, False]

        newer = filter_of(landing, GROUP)
        assert all(each.keeps(SUPERGROUP) for each in (chats, newer))
        assert newer.record(MIGRATION) is False

    def test_a_chat_that_is_not_kept_is_looked_up_once_a_minute(self, landing: ObjectStore) -> None:
        # Given two containers, one of which has seen a chat before its migration
        now = [ARRIVED]
        older = ChatFilter(landing, frozenset({GROUP}), lambda: now[0])
        assert not older.keeps(SUPERGROUP)
        filter_of(landing, GROUP).record(MIGRATION)

        # When a minute passes
        assert not older.keeps(SUPERGROUP)
        now[0] += STRANGERS_EXPIRY

        # Then it finds what the other one has recorded
        assert older.keeps(SUPERGROUP)

    @pytest.mark.parametrize("chosen", [STRANGER, SUPERGROUP])
    def test_migrations_of_other_chats_and_to_chosen_chats_are_not_stored(
        self, landing: ObjectStore, chosen: int
    ) -> None:
        chats = filter_of(landing, chosen)

        assert chats.record(MIGRATION) is False
        assert chats.keeps(SUPERGROUP) is (chosen == SUPERGROUP)
        assert stored(landing) == {}

    def test_a_chat_is_followed_over_several_migrations(self, landing: ObjectStore) -> None:
        for old, new in pairwise([-1, -2, -3, -4]):
            filter_of(landing, -1).record(ChatMigration(old, new))

        assert filter_of(landing, -1).keeps(-4)

    def test_migrations_in_a_circle_end(self, landing: ObjectStore) -> None:
        for old, new in [(-1, -2), (-2, -1), (-3, -3)]:
            obstore.put(landing, f"chats/{new}/successor-of-{old}.json", b"{}")

        chats = filter_of(landing, GROUP)

        assert [chats.keeps(chat_id) for chat_id in (-1, -2, -3)] == [False] * 3

    def test_a_new_id_is_no_longer_kept_once_the_old_one_is_not_chosen(
        self, landing: ObjectStore
    ) -> None:
        filter_of(landing, GROUP).record(MIGRATION)

        assert not filter_of(landing, STRANGER).keeps(SUPERGROUP)

    @pytest.mark.parametrize(
        "name",
        [
            *("successor-of-x.json", f"successor-of-0{-GROUP}.json", f"{GROUP}.json"),
            *(f"successor-of-{GROUP}", f"deep/successor-of-{GROUP}.json"),
        ],
    )
    def test_objects_with_other_names_are_ignored(self, landing: ObjectStore, name: str) -> None:
        obstore.put(landing, f"chats/{SUPERGROUP}/{name}", b"{}")

        assert not filter_of(landing, GROUP).keeps(SUPERGROUP)
        assert former_ids(landing, SUPERGROUP) == []

        filter_of(landing, GROUP).record(MIGRATION)
        assert filter_of(landing, GROUP).keeps(SUPERGROUP)
        assert former_ids(landing, SUPERGROUP) == [GROUP]

    def test_an_id_with_the_same_first_digits_is_another_chat(self, landing: ObjectStore) -> None:
        filter_of(landing, GROUP).record(ChatMigration(old=GROUP, new=-1001))

        assert not filter_of(landing, GROUP).keeps(-100)
        assert not filter_of(landing, GROUP).keeps(-10011)

    def test_all_stored_migrations_can_be_listed(self, landing: ObjectStore) -> None:
        chats = filter_of(landing, GROUP, 5)
        chats.record(ChatMigration(old=5, new=6))
        chats.record(MIGRATION)
        obstore.put(landing, "chats/read-me.txt", b"")

        assert list_migrations(landing) == [MIGRATION, ChatMigration(old=5, new=6)]

    @pytest.mark.parametrize(
        "act", [lambda chats: chats.keeps(SUPERGROUP), lambda chats: chats.record(MIGRATION)]
    )
    def test_an_error_of_the_store_is_raised(self, tmp_path: Path, act: Any) -> None:
        landing = open_store(tmp_path.as_uri())
        (tmp_path / "chats").write_text("not a folder")

        with pytest.raises((BaseError, OSError)):
            act(filter_of(landing, GROUP))
