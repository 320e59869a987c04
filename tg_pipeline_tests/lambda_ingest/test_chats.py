"""The chat that an update happened in, and the new id that it came by."""

from typing import Any

import pytest

from lambda_ingest.landing import ChatMigration, chat_of, new_migration
from tg_pipeline.telegram.models import UPDATE_TYPES

CHAT, OTHER_CHAT, PERSON = -1001234567890, -42, 5
IN_CHAT = {"chat": {"id": CHAT, "type": "supergroup"}}
FROM = {"from": {"id": PERSON}}

EXAMPLES: dict[str, tuple[dict[str, Any], int | None]] = {
    "message": (IN_CHAT, CHAT),
    "edited_message": (IN_CHAT, CHAT),
    "channel_post": (IN_CHAT | {"sender_chat": {"id": OTHER_CHAT}}, CHAT),
    "edited_channel_post": (IN_CHAT, CHAT),
    "business_connection": ({"user": {"id": PERSON}, "user_chat_id": PERSON}, PERSON),
    "business_message": (IN_CHAT, CHAT),
    "edited_business_message": (IN_CHAT, CHAT),
    "deleted_business_messages": (IN_CHAT | {"message_ids": [1]}, CHAT),
    "guest_message": (IN_CHAT, CHAT),
    "message_reaction": (IN_CHAT | {"actor_chat": {"id": OTHER_CHAT}}, CHAT),
    "message_reaction_count": (IN_CHAT, CHAT),
    "inline_query": (FROM | {"query": "x", "chat_type": "group"}, None),
    "chosen_inline_result": (FROM, None),
    "callback_query": (FROM | {"message": IN_CHAT}, CHAT),
    "shipping_query": (FROM, None),
    "pre_checkout_query": (FROM, None),
    "purchased_paid_media": (FROM, None),
    "poll": ({"id": "1"}, None),
    "poll_answer": ({"poll_id": "1", "voter_chat": {"id": OTHER_CHAT}}, None),
    "my_chat_member": (IN_CHAT | FROM, CHAT),
    "chat_member": (IN_CHAT | FROM, CHAT),
    "chat_join_request": (IN_CHAT | FROM | {"user_chat_id": PERSON}, CHAT),
    "chat_boost": (IN_CHAT, CHAT),
    "removed_chat_boost": (IN_CHAT, CHAT),
    "managed_bot": ({"user": {"id": PERSON}}, None),
    "subscription": ({"user": {"id": PERSON}}, None),
    "stopped_message_generation": (IN_CHAT, CHAT),
}
NO_IDS: list[Any] = [None, True, 1.5, "-100", 2**63, -(2**63), [], {}]


def test_every_update_type_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == sorted(UPDATE_TYPES)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_update_happened_in_the_chat_that_it_names(kind: str) -> None:
    content, chat_id = EXAMPLES[kind]

    assert chat_of({"update_id": 5, kind: content}) == chat_id
    assert chat_of({kind: content, "update_id": 5}) == chat_id


def test_an_update_of_next_year_s_type_happened_in_its_chat_too() -> None:
    assert chat_of({"update_id": 5, "telepathy": IN_CHAT}) == CHAT


def test_a_callback_under_a_message_sent_inline_names_no_chat() -> None:
    assert chat_of({"update_id": 5, "callback_query": FROM | {"inline_message_id": "x"}}) is None


@pytest.mark.parametrize("chat_id", [2**63 - 1, -(2**63) + 1, 0, PERSON])
def test_any_whole_number_of_64_bits_is_a_chat_id(chat_id: int) -> None:
    assert chat_of({"update_id": 5, "message": {"chat": {"id": chat_id}}}) == chat_id


@pytest.mark.parametrize("wrong", NO_IDS, ids=repr)
def test_what_is_no_id_names_no_chat(wrong: Any) -> None:
    assert chat_of({"update_id": 5, "message": {"chat": {"id": wrong}}}) is None
    assert chat_of({"update_id": 5, "business_connection": {"user_chat_id": wrong}}) is None


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [IN_CHAT]], ids=repr)
def test_what_is_no_object_names_no_chat(wrong: Any) -> None:
    assert chat_of({"update_id": 5, "message": wrong}) is None
    assert chat_of({"update_id": 5, "message": {"chat": wrong}}) is None
    assert chat_of({"update_id": 5, "callback_query": {"message": wrong}}) is None
    assert chat_of({"update_id": 5, "callback_query": {"message": {"chat": wrong}}}) is None
    assert chat_of({"update_id": IN_CHAT}) is None


@pytest.mark.parametrize(
    "message",
    [
        {"chat": {"id": OTHER_CHAT}, "migrate_to_chat_id": CHAT},
        {"chat": {"id": CHAT}, "migrate_from_chat_id": OTHER_CHAT},
    ],
    ids=["told in the old chat", "told in the new chat"],
)
def test_a_group_that_became_a_supergroup_says_so_in_both_chats(message: Any) -> None:
    migration = new_migration({"update_id": 5, "message": message})

    assert migration == ChatMigration(old=OTHER_CHAT, new=CHAT)


@pytest.mark.parametrize("wrong", NO_IDS, ids=repr)
def test_what_is_no_id_is_no_new_id_either(wrong: Any) -> None:
    for name in ("migrate_to_chat_id", "migrate_from_chat_id"):
        assert new_migration({"update_id": 5, "message": IN_CHAT | {name: wrong}}) is None
        assert new_migration({"message": {"chat": {"id": wrong}, name: CHAT}}) is None


@pytest.mark.parametrize(
    "update",
    [
        {"message": IN_CHAT},
        {"message": None},
        {"message": [IN_CHAT]},
        {"edited_message": IN_CHAT | {"migrate_to_chat_id": OTHER_CHAT}},
        {"channel_post": IN_CHAT | {"migrate_to_chat_id": OTHER_CHAT}},
        {"message": {"reply_to_message": IN_CHAT | {"migrate_to_chat_id": OTHER_CHAT}} | IN_CHAT},
        {},
    ],
)
def test_nothing_but_a_service_message_changes_an_id(update: dict[str, Any]) -> None:
    assert new_migration({"update_id": 5} | update) is None
