"""Each update becomes a flat row: messages, and every other type of update."""

import json
from typing import Any

import pytest

from tg_pipeline.layers.enriched_schema import EnrichedUpdate
from tg_pipeline.layers.enriched_updates import enrich_update


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


def test_the_event_time_of_an_edit_is_its_edit_date() -> None:
    row = enriched("edited_message", date=100, edit_date=200, text="x")

    assert (row.date, row.edit_date, row.event_at) == (100, 200, 200_000_000)


def test_a_message_without_from_has_a_sender_chat_and_no_user() -> None:
    row = enriched("channel_post", sender_chat={"id": -100_7}, chat={"id": -100_7}, text="aviso")

    assert (row.user_id, row.sender_chat_id, row.text) == (None, -100_7, "aviso")


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
    ("text", "length", "command", "args"),
    [
        ("/start", 6, "start", None),
        ("/Ajuda@curso_bot turma 3", 16, "ajuda", "turma 3"),
        ("/ban \U0001f600 agora", 4, "ban", "\U0001f600 agora"),
    ],
)
def test_a_command_is_split_from_its_arguments(
    text: str, length: int, command: str, args: str | None
) -> None:
    row = enriched(text=text, entities=[{"type": "bot_command", "offset": 0, "length": length}])

    assert (row.command, row.command_args) == (command, args)


def test_only_a_leading_command_counts() -> None:
    entity = {"type": "bot_command", "offset": 4, "length": 6}

    assert enriched(text="use /start", entities=[entity]).command is None


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


def test_a_reply_has_the_id_and_author_of_the_other_message() -> None:
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
def test_a_forward_has_its_origin_in_the_old_and_the_new_form(
    fields: dict[str, Any], origin: str | None
) -> None:
    assert enriched(text="x", **fields).forward_origin_type == origin


def test_a_migration_is_recorded_in_both_chats() -> None:
    old = enriched(chat={"id": -4_001}, migrate_to_chat_id=-1_001_234)
    new = enriched(chat={"id": -1_001_234}, migrate_from_chat_id=-4_001)

    assert (old.migrate_to_chat_id, old.migrate_from_chat_id) == (-1_001_234, None)
    assert (new.migrate_to_chat_id, new.migrate_from_chat_id) == (None, -4_001)


def test_payments_and_polls_have_their_columns() -> None:
    paid = enriched(successful_payment={"currency": "BRL", "total_amount": 4900})
    asked = enriched(poll={"id": "77", "question": "?"})

    assert (paid.currency, paid.total_amount) == ("BRL", 4900)
    assert (asked.poll_id, asked.content_type) == ("77", "poll")


ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}

TURMA = {"id": -100_5, "type": "supergroup", "title": "Turma", "username": "turma"}


def test_a_callback_has_the_chat_of_its_message_and_no_event_time() -> None:
    message = {"message_id": 9, "date": 100, "chat": TURMA, "text": "Escolha"}

    row = enriched("callback_query", id="1", **{"from": ANA}, message=message, data="sim")

    assert (row.user_id, row.chat_id, row.message_id, row.callback_data) == (5, -100_5, 9, "sim")
    assert (row.date, row.event_at, row.text) == (None, None, None)


def test_a_callback_on_an_inaccessible_message_has_its_chat() -> None:
    row = enriched(
        "callback_query", **{"from": ANA}, message={"message_id": 9, "date": 0, "chat": TURMA}
    )

    assert (row.chat_id, row.event_at) == (-100_5, None)


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


def test_an_anonymous_reaction_has_the_chat_that_reacted() -> None:
    row = enriched("message_reaction", chat=TURMA, actor_chat={"id": -100_8}, new_reaction=[])

    assert (row.user_id, row.sender_chat_id, row.reactions_added) == (None, -100_8, [])


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


def test_queries_polls_and_checkouts_have_their_columns() -> None:
    assert enriched("inline_query", id="1", **{"from": ANA}, query="preço").query == "preço"
    assert enriched("chosen_inline_result", **{"from": ANA}, query="preço").query == "preço"
    assert enriched("poll", id="77").poll_id == "77"
    vote = enriched("poll_answer", poll_id="77", user=ANA, option_ids=[0])
    assert (vote.poll_id, vote.user_id) == ("77", 5)
    checkout = enriched(
        "pre_checkout_query", id="2", **{"from": ANA}, currency="XTR", total_amount=50
    )
    assert (checkout.currency, checkout.total_amount) == ("XTR", 50)


def test_the_user_is_from_or_user() -> None:
    assert enriched("business_connection", user=ANA, date=100).user_id == 5
    assert (
        enriched("chat_join_request", chat=TURMA, **{"from": ANA}, date=100).user_username == "ana"
    )
    assert enriched("subscription", user=ANA).user_language_code == "pt-br"


def test_an_update_without_content_is_a_row_of_nulls() -> None:
    row = enrich_update(b'{"update_id": 1}', None)

    assert (row.user_id, row.content_type, row.fields_nulled) == (None, None, 0)
