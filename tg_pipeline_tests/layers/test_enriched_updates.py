"""Each update becomes a flat row: messages, and every other type of update."""

import json
from typing import Any

import pytest

from tg_pipeline.layers.enriched_schema import EnrichedUpdate
from tg_pipeline.layers.enriched_updates import enrich_update

ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
TURMA = {"id": -100_5, "type": "supergroup", "title": "Turma", "username": "turma"}
PRICE = {"currency": "BRL", "total_amount": 4900}


def enriched(update_type: str = "message", **content: Any) -> EnrichedUpdate:
    return enrich_update(json.dumps({"update_id": 1, update_type: content}).encode(), update_type)


def test_the_eight_columns_of_the_original_come_first_with_their_meaning() -> None:
    content = {
        "message_id": 3,
        "from": {"id": 5, "is_bot": False, "first_name": "Ana"},
        "chat": {"id": -100_5, "type": "supergroup", "title": "Turma"},
        "date": 1_722_628_739,
        "text": "testando",
    }

    row = enriched("message", **content)

    names = "message_id user_id user_is_bot user_first_name chat_id chat_type text date"
    assert EnrichedUpdate.__struct_fields__[:8] == tuple(names.split())
    assert row.message_id == 3
    assert (row.user_id, row.user_is_bot, row.user_first_name) == (5, False, "Ana")
    assert (row.chat_id, row.chat_type, row.text) == (-100_5, "supergroup", "testando")
    assert (row.date, row.event_at) == (1_722_628_739, 1_722_628_739_000_000)


def test_a_photo_has_a_caption_and_no_text() -> None:
    row = enriched(
        photo=[{"file_unique_id": "s", "file_size": 9}, {"file_unique_id": "L"}],
        caption="olha #isto",
        caption_entities=[{"type": "hashtag", "offset": 5, "length": 5}],
    )

    assert (row.text, row.caption, row.content_type) == (None, "olha #isto", "photo")
    assert (row.text_length, row.hashtags) == (10, ["#isto"])
    assert (row.file_unique_id, row.file_size) == ("L", None)


@pytest.mark.parametrize(
    ("fields", "content_type"),
    [
        ({"text": "oi"}, "text"),
        ({"animation": {}, "document": {}}, "animation"),
        ({"location": {}, "venue": {}}, "venue"),
        ({"live_photo": {"duration": 2}, "photo": [{}]}, "live_photo"),
        (
            {"new_chat_participant": {}, "new_chat_member": {}, "new_chat_members": [{}]},
            "new_chat_members",
        ),
        ({"rich_message": {"blocks": []}}, "rich_message"),
        ({"game": {"photo": []}}, "game"),
        ({"migrate_to_chat_id": -100_1}, "migrate_to_chat_id"),
        ({"delete_chat_photo": True}, "delete_chat_photo"),
        ({"hologram": {"size": 3}}, "hologram"),
        ({"text": 5}, "text"),
        ({}, None),
    ],
)
def test_the_content_type_is_the_key_of_the_bot_api(
    fields: dict[str, Any], content_type: str | None
) -> None:
    row = enriched(message_id=1, date=1, chat={"id": 1}, has_protected_content=True, **fields)

    assert row.content_type == content_type


@pytest.mark.parametrize(
    ("text", "offset", "length", "command", "args"),
    [
        ("/start", 0, 6, "start", None),
        ("/Ajuda@curso_bot turma 3", 0, 16, "ajuda", "turma 3"),
        ("/ban \U0001f600 agora", 0, 4, "ban", "\U0001f600 agora"),
        ("use /start", 4, 6, None, None),
    ],
)
def test_a_leading_command_is_split_from_its_arguments(
    text: str, offset: int, length: int, command: str | None, args: str | None
) -> None:
    entity = {"type": "bot_command", "offset": offset, "length": length}
    row = enriched(text=text, entities=[entity])

    assert (row.command, row.command_args) == (command, args)


def test_entities_are_located_in_utf_16_units() -> None:
    row = enriched(
        text="\U0001f600 #dados @ana https://a.b",
        entities=[
            {"type": "hashtag", "offset": 3, "length": 6},
            {"type": "mention", "offset": 10, "length": 4},
            {"type": "url", "offset": 15, "length": 11},
        ],
    )

    assert row.hashtags == ["#dados"]
    assert row.entity_types == ["hashtag", "mention", "url"]
    assert (row.url_count, row.mention_count, row.text_length) == (1, 1, 25)


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({"forward_origin": {"type": "hidden_user"}}, "hidden_user"),
        ({"forward_from": {"id": 1}}, "user"),
        ({"forward_from_chat": {"type": "channel"}}, "channel"),
        ({"forward_from_chat": {"type": "supergroup"}}, "chat"),
        ({"forward_sender_name": "Rui"}, "hidden_user"),
        ({}, None),
    ],
)
def test_a_forward_has_its_origin_in_the_old_and_the_new_form(
    fields: dict[str, Any], origin: str | None
) -> None:
    assert enriched(text="x", **fields).forward_origin_type == origin


@pytest.mark.parametrize("date", [100, 0], ids=["accessible", "inaccessible"])
def test_a_callback_has_the_chat_of_its_message_and_no_event_time(date: int) -> None:
    message = {"message_id": 9, "date": date, "chat": TURMA, "text": "Escolha"}

    row = enriched("callback_query", id="1", **{"from": ANA}, message=message, data="sim")

    assert (row.user_id, row.chat_id, row.message_id, row.callback_data) == (5, -100_5, 9, "sim")
    assert (row.date, row.event_at, row.text) == (None, None, None)


def test_a_reaction_has_what_was_added_and_removed() -> None:
    row = enriched(
        "message_reaction",
        chat=TURMA,
        message_id=9,
        user=ANA,
        date=100,
        old_reaction=[{"type": "emoji", "emoji": "👍"}, {"type": "paid"}],
        new_reaction=[{"type": "paid"}, {"type": "custom_emoji", "custom_emoji_id": "55"}],
    )

    assert (row.reactions_added, row.reactions_removed) == (["custom:55"], ["👍"])
    assert (row.user_id, row.message_id, row.event_at) == (5, 9, 100_000_000)


def test_a_membership_has_the_member_and_both_statuses() -> None:
    row = enriched(
        "chat_member",
        chat=TURMA,
        **{"from": ANA},
        date=100,
        old_chat_member={"user": {"id": 6}, "status": "left"},
        new_chat_member={"user": {"id": 6}, "status": "member"},
    )

    assert (row.user_id, row.member_user_id) == (5, 6)
    assert (row.member_old_status, row.member_new_status) == ("left", "member")


@pytest.mark.parametrize(
    ("update_type", "content", "columns"),
    [
        (
            "edited_message",
            {"date": 100, "edit_date": 200},
            {"date": 100, "edit_date": 200, "event_at": 200_000_000},
        ),
        (
            "channel_post",
            {"sender_chat": {"id": -100_7}, "text": "aviso"},
            {"user_id": None, "sender_chat_id": -100_7, "text": "aviso"},
        ),
        (
            "message",
            {"reply_to_message": {"message_id": 8, "from": {"id": 4}}},
            {"reply_to_message_id": 8, "reply_to_user_id": 4},
        ),
        ("message", {"migrate_to_chat_id": -1_001}, {"migrate_to_chat_id": -1_001}),
        ("message", {"migrate_from_chat_id": -4_001}, {"migrate_from_chat_id": -4_001}),
        (
            "message_reaction",
            {"actor_chat": {"id": -100_8}, "new_reaction": []},
            {"user_id": None, "sender_chat_id": -100_8, "reactions_added": []},
        ),
        ("inline_query", {"query": "preço"}, {"query": "preço"}),
        ("chosen_inline_result", {"query": "preço"}, {"query": "preço"}),
        ("poll", {"id": "77"}, {"poll_id": "77"}),
        ("poll_answer", {"poll_id": "77", "user": {"id": 5}}, {"poll_id": "77", "user_id": 5}),
        ("message", {"poll": {"id": "77"}}, {"poll_id": "77", "content_type": "poll"}),
        ("message", {"successful_payment": PRICE}, PRICE),
        ("pre_checkout_query", {"from": ANA} | PRICE, PRICE),
        ("business_connection", {"user": ANA, "date": 100}, {"user_id": 5}),
        ("chat_join_request", {"chat": TURMA, "from": ANA}, {"user_username": "ana"}),
        ("subscription", {"user": ANA}, {"user_language_code": "pt-br"}),
    ],
)
def test_what_an_update_contains_is_in_its_columns(
    update_type: str, content: dict[str, Any], columns: dict[str, Any]
) -> None:
    row = enriched(update_type, **content)

    assert {name: getattr(row, name) for name in columns} == columns


def test_an_update_without_content_is_a_row_of_nulls() -> None:
    row = enrich_update(b'{"update_id": 1}', None)

    assert (row.user_id, row.content_type, row.fields_nulled) == (None, None, 0)
