"""The chats that are kept, and what they became, which every container knows."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from lambda_ingest.landing import ChatMigration
from lambda_ingest.store import open_store
from lambda_ingest.writer import ChatFilter, predecessors, successions
from tg_pipeline_tests.lambda_ingest.conftest import stored

GROUP, SUPERGROUP, STRANGER = -42, -1001234567890, -7
BECAME = ChatMigration(old=GROUP, new=SUPERGROUP)
WRONG_NAMES = [
    *("x.json", "successor-of-x.json", f"successor-of-0{-GROUP}.json", f"{GROUP}.json"),
    *("successor-of-.json", f"successor-of-{GROUP}", f"deep/successor-of-{GROUP}.json"),
    *(f"-9/successor-of-{GROUP}.json", f"successor-of-{GROUP}_0.json", "successor-of-+5.json"),
]


def keeping(landing: ObjectStore, *chat_ids: int) -> ChatFilter:
    return ChatFilter(landing, frozenset(chat_ids))


def test_the_chats_that_were_named_are_kept_and_no_others(landing: ObjectStore) -> None:
    chats = keeping(landing, GROUP, 5)

    assert [chat_id for chat_id in (GROUP, 5, STRANGER, 0) if chats.keeps(chat_id)] == [GROUP, 5]
    assert stored(landing) == {}


def test_what_a_kept_chat_became_is_kept_and_that_is_news_once(landing: ObjectStore) -> None:
    chats = keeping(landing, GROUP)

    assert [chats.learn(BECAME), chats.learn(BECAME)] == [True, False]
    assert chats.keeps(SUPERGROUP)


def test_another_container_keeps_it_too(landing: ObjectStore) -> None:
    keeping(landing, GROUP).learn(BECAME)

    other = keeping(landing, GROUP)

    assert other.keeps(SUPERGROUP)
    assert other.learn(BECAME) is False


def test_a_container_that_was_there_before_keeps_it_too(landing: ObjectStore) -> None:
    older = keeping(landing, GROUP)
    assert not older.keeps(SUPERGROUP)

    keeping(landing, GROUP).learn(BECAME)

    assert older.keeps(SUPERGROUP)


def test_what_a_stranger_became_is_not_kept(landing: ObjectStore) -> None:
    chats = keeping(landing, GROUP)

    assert chats.learn(ChatMigration(old=STRANGER, new=SUPERGROUP)) is False
    assert not chats.keeps(SUPERGROUP)
    assert stored(landing) == {}


def test_a_chat_that_is_named_already_is_no_news(landing: ObjectStore) -> None:
    assert keeping(landing, GROUP, SUPERGROUP).learn(BECAME) is False
    assert stored(landing) == {}


@pytest.mark.parametrize("times", [2, 8])
def test_a_chat_is_followed_over_all_the_ids_that_it_had(landing: ObjectStore, times: int) -> None:
    ids = list(range(-1, -times - 2, -1))
    for old, new in pairwise(ids):
        keeping(landing, ids[0]).learn(ChatMigration(old, new))

    assert keeping(landing, ids[0]).keeps(ids[-1])


def test_ids_that_became_each_other_end(landing: ObjectStore) -> None:
    for old, new in [(-1, -2), (-2, -1), (-3, -3)]:
        obstore.put(landing, f"chats/{new}/successor-of-{old}.json", b"{}")

    chats = keeping(landing, GROUP)

    assert [chats.keeps(chat_id) for chat_id in (-1, -2, -3)] == [False] * 3


def test_what_a_chat_became_goes_with_it_when_it_is_no_longer_named(landing: ObjectStore) -> None:
    keeping(landing, GROUP).learn(BECAME)

    assert not keeping(landing, STRANGER).keeps(SUPERGROUP)


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_an_object_that_no_door_put_there_changes_nothing(landing: ObjectStore, name: str) -> None:
    obstore.put(landing, f"chats/{SUPERGROUP}/{name}", b"{}")

    assert not keeping(landing, GROUP).keeps(SUPERGROUP)
    assert predecessors(landing, SUPERGROUP) == []

    keeping(landing, GROUP).learn(BECAME)
    assert keeping(landing, GROUP).keeps(SUPERGROUP)
    assert predecessors(landing, SUPERGROUP) == [GROUP]


def test_a_chat_whose_id_begins_alike_is_another(landing: ObjectStore) -> None:
    keeping(landing, GROUP).learn(ChatMigration(old=GROUP, new=-1001))

    assert not keeping(landing, GROUP).keeps(-100)
    assert not keeping(landing, GROUP).keeps(-10011)


def test_all_that_doors_have_learnt_can_be_listed(landing: ObjectStore) -> None:
    chats = keeping(landing, GROUP, 5)
    chats.learn(ChatMigration(old=5, new=6))
    chats.learn(BECAME)
    obstore.put(landing, "chats/read-me.txt", b"")

    assert successions(landing) == [BECAME, ChatMigration(old=5, new=6)]


@pytest.mark.parametrize("act", [lambda chats: chats.keeps(SUPERGROUP), lambda c: c.learn(BECAME)])
def test_a_store_that_fails_is_no_reason_to_turn_a_chat_away(tmp_path: Path, act: Any) -> None:
    landing = open_store(tmp_path.as_uri())
    (tmp_path / "chats").write_text("a file stands here")

    with pytest.raises((BaseError, OSError)):
        act(keeping(landing, GROUP))
