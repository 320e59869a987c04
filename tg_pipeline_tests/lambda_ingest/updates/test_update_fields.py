"""Ingestion and the layers find the time, the actor and the chat of every update type."""

import json
from typing import Any

import pytest

from lambda_ingest.landing import chat_id_of, event_time
from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.layers.enriched.updates import enrich_update

SENT, EDITED = 1_791_378_000, 1_791_378_900
CHAT, PERSON, STRANGER = -1001234567890, 77, 88
NOT_INTEGERS: list[Any] = [None, True, 1.0, 1.5, "1", [1], {}]

IN_CHAT = {"chat": {"id": CHAT, "type": "supergroup"}, "sender_chat": {"id": -1005}}
FROM, USER = {"from": {"id": PERSON}}, {"user": {"id": PERSON}}
DATE, EDIT_DATE = {"date": SENT}, {"edit_date": EDITED}
POST = IN_CHAT | FROM | DATE
CHANGE = POST | {"new_chat_member": {"user": {"id": STRANGER}}}
BOOST = {"boost_id": "b", "add_date": SENT, "expiration_date": EDITED, "source": USER}

UPDATES: dict[str, tuple[dict[str, Any], int | None, int | None, int | None]] = {
    "message": (POST | {"user": {"id": STRANGER}}, SENT, PERSON, CHAT),
    "edited_message": (POST | EDIT_DATE, EDITED, PERSON, CHAT),
    "channel_post": (IN_CHAT | DATE | EDIT_DATE, SENT, None, CHAT),
    "edited_channel_post": (IN_CHAT | DATE, SENT, None, CHAT),
    "business_connection": (USER | DATE | {"user_chat_id": PERSON}, SENT, PERSON, PERSON),
    "business_message": (POST, SENT, PERSON, CHAT),
    "edited_business_message": (POST | EDIT_DATE, EDITED, PERSON, CHAT),
    "deleted_business_messages": (IN_CHAT | {"message_ids": [1]}, None, None, CHAT),
    "guest_message": (POST, SENT, PERSON, CHAT),
    "message_reaction": (IN_CHAT | USER | DATE, SENT, PERSON, CHAT),
    "message_reaction_count": (IN_CHAT | DATE, SENT, None, CHAT),
    "inline_query": (FROM | {"query": "x", "chat_type": "group"}, None, PERSON, None),
    "chosen_inline_result": (FROM | {"query": "x"}, None, PERSON, None),
    "callback_query": (FROM | {"message": POST | {"from": {"id": 9}}}, None, PERSON, CHAT),
    "shipping_query": (FROM, None, PERSON, None),
    "pre_checkout_query": (FROM, None, PERSON, None),
    "purchased_paid_media": (FROM, None, PERSON, None),
    "poll": ({"id": "1"}, None, None, None),
    "poll_answer": (USER | {"poll_id": "1", "voter_chat": {"id": -1005}}, None, PERSON, None),
    "my_chat_member": (CHANGE, SENT, PERSON, CHAT),
    "chat_member": (CHANGE, SENT, PERSON, CHAT),
    "chat_join_request": (POST | {"user_chat_id": STRANGER}, SENT, PERSON, CHAT),
    "chat_boost": (IN_CHAT | {"boost": BOOST}, SENT, PERSON, CHAT),
    "removed_chat_boost": (IN_CHAT | {"remove_date": SENT, "source": USER}, SENT, PERSON, CHAT),
    "managed_bot": (USER | {"bot": {"id": 9}}, None, PERSON, None),
    "subscription": (USER, None, PERSON, None),
    "stopped_message_generation": (IN_CHAT | {"draft_id": 1}, None, None, CHAT),
    "telepathy": (POST, SENT, PERSON, CHAT),
    "edited_telepathy": (IN_CHAT | USER | DATE | EDIT_DATE, EDITED, PERSON, CHAT),
}
"""For each type, and two invented ones: a content, and its time, actor and chat."""


@pytest.mark.parametrize("update_type", [*UPDATE_FIELDS, "telepathy", "edited_telepathy"])
def test_the_time_the_actor_and_the_chat_are_found(update_type: str) -> None:
    content, second, actor, chat = UPDATES[update_type]
    update = {"update_id": 5, update_type: content}

    row = enrich_update(json.dumps(update).encode(), update_type)

    assert (event_time(update), chat_id_of(update)) == (second, chat)
    assert (row.user_id, row.chat_id) == (actor, chat)
    assert row.event_at == (None if second is None else second * 1_000_000)


@pytest.mark.parametrize(
    "others",
    [
        {"edited_message": None, "channel_post": False, "poll": {}, "chat_boost": []},
        {"note": "x", "number": 5},
    ],
)
def test_a_key_without_a_content_is_no_type(others: dict[str, Any]) -> None:
    content = {"message": {"date": SENT, "chat": {"id": CHAT}}}

    for update in ({"update_id": 5} | others | content, content | others | {"update_id": 5}):
        assert (event_time(update), chat_id_of(update)) == (SENT, CHAT)


@pytest.mark.parametrize("wrong", [*NOT_INTEGERS, 2**63, -(2**63)], ids=repr)
def test_an_id_that_is_no_integer_of_64_bits_is_ignored(wrong: Any) -> None:
    assert chat_id_of({"update_id": 5, "message": {"chat": {"id": wrong}}}) is None
    assert chat_id_of({"update_id": 5, "business_connection": {"user_chat_id": wrong}}) is None


@pytest.mark.parametrize("wrong", [None, 5, "x", [{"date": SENT}], {}], ids=repr)
def test_values_that_are_not_objects_are_ignored(wrong: Any) -> None:
    for update in (
        {"message": wrong},
        {"message": {"chat": wrong}},
        {"callback_query": {"message": wrong}},
        {"callback_query": {"message": {"chat": wrong}}},
        {"chat_boost": {"boost": wrong}},
    ):
        assert (event_time({"update_id": 5} | update), chat_id_of(update)) == (None, None)
