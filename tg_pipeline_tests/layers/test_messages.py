"""What an update says becomes columns: messages."""

import json
from typing import Any

import pytest

from tg_pipeline.layers.enriched_schema import EnrichedUpdate
from tg_pipeline.layers.enriched_updates import enrich_update


def enriched(update_type: str = "message", **content: Any) -> EnrichedUpdate:
    return enrich_update(json.dumps({"update_id": 1, update_type: content}).encode(), update_type)


def test_the_seed_s_eight_columns_come_first_and_mean_what_they_meant() -> None:
    content = {
        "message_id": 3,
        "from": {"id": 5, "is_bot": False, "first_name": "Ana"},
        "chat": {"id": -100_5, "type": "supergroup", "title": "Turma"},
        "date": 1_722_628_739,
        "text": "testando",
    }

    row = enriched("message", **content)

    assert EnrichedUpdate.__struct_fields__[:8] == (
        "message_id",
        "user_id",
        "user_is_bot",
        "user_first_name",
        "chat_id",
        "chat_type",
        "text",
        "date",
    )
    assert (row.message_id, row.user_id, row.user_is_bot, row.user_first_name) == (
        3,
        5,
        False,
        "Ana",
    )
    assert (row.chat_id, row.chat_type, row.text) == (-100_5, "supergroup", "testando")
    assert row.date == 1_722_628_739
    assert row.event_at == 1_722_628_739_000_000


def test_an_edit_happened_at_its_edit_date_and_was_sent_at_its_date() -> None:
    row = enriched("edited_message", date=100, edit_date=200, text="x")

    assert (row.date, row.edit_date, row.event_at) == (100, 200, 200_000_000)


def test_a_message_without_from_has_no_user_but_a_sender() -> None:
    row = enriched("channel_post", sender_chat={"id": -100_7}, chat={"id": -100_7}, text="aviso")

    assert (row.user_id, row.sender_chat_id, row.text) == (None, -100_7, "aviso")


def test_a_message_without_text_has_none_and_keeps_its_caption() -> None:
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
def test_content_type_is_the_bot_api_s_own_key(
    fields: dict[str, Any], content_type: str | None
) -> None:
    row = enriched(message_id=1, date=1, chat={"id": 1}, has_protected_content=True, **fields)

    assert row.content_type == content_type


@pytest.mark.parametrize(
    ("text", "length", "command", "args"),
    [
        ("/start", 6, "start", None),
        ("/Ajuda@curso_bot turma 3", 16, "ajuda", "turma 3"),
        ("/ban \U0001f600 agora", 4, "ban", "\U0001f600 agora"),
    ],
)
def test_a_command_is_told_from_its_arguments(
    text: str, length: int, command: str, args: str | None
) -> None:
    row = enriched(text=text, entities=[{"type": "bot_command", "offset": 0, "length": length}])

    assert (row.command, row.command_args) == (command, args)


def test_a_command_in_the_middle_is_no_command() -> None:
    entity = {"type": "bot_command", "offset": 4, "length": 6}

    assert enriched(text="use /start", entities=[entity]).command is None


def test_entities_are_counted_and_cut_in_utf_16_units() -> None:
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


def test_a_reply_names_the_message_and_the_person_answered() -> None:
    row = enriched(text="sim", reply_to_message={"message_id": 8, "from": {"id": 4}})

    assert (row.reply_to_message_id, row.reply_to_user_id) == (8, 4)


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
def test_a_forward_says_where_it_is_from_in_old_and_new_form(
    fields: dict[str, Any], origin: str | None
) -> None:
    assert enriched(text="x", **fields).forward_origin_type == origin


def test_a_payment_and_a_poll_say_what_they_are() -> None:
    paid = enriched(successful_payment={"currency": "BRL", "total_amount": 4900})
    asked = enriched(poll={"id": "77", "question": "?"})

    assert (paid.currency, paid.total_amount) == ("BRL", 4900)
    assert (asked.poll_id, asked.content_type) == ("77", "poll")
