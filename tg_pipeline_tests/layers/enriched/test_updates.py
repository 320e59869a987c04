"""Each update becomes a flat row: messages, and every other type of update."""

import json
from typing import Any

import pytest

from tg_pipeline.layers.drift import Drift, DriftCounter
from tg_pipeline.layers.enriched.schema import EnrichedUpdate
from tg_pipeline.layers.enriched.updates import enrich_update

ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
TURMA = {"id": -100_5, "type": "supergroup", "title": "Turma", "username": "turma"}
BUSINESS = {"business_connection_id": "b"}
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
        ({"user_shared": {"user_id": 5}, "users_shared": {"users": [{}]}}, "users_shared"),
        (
            {"venue": None, "photo": [], "new_chat_title": False, "location": {"x": 1}},
            "location",
        ),
        ({"animation": {}, "video_chat_started": {}, "sticker": {"emoji": "x"}}, "sticker"),
        ({"photo": None, "caption": "", "forum_topic_closed": {}}, "forum_topic_closed"),
        ({"photo": None, "forum_topic_closed": None}, None),
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
    ("text", "offset", "length", "expected"),
    [
        ("/start", 0, 6, ("start", None, None)),
        ("/Ajuda@Curso_bot turma 3", 0, 16, ("ajuda", "curso_bot", "turma 3")),
        ("/ban \U0001f600 agora", 0, 4, ("ban", None, "\U0001f600 agora")),
        ("use /start", 4, 6, (None, None, None)),
    ],
)
def test_a_leading_command_is_split_from_its_bot_and_arguments(
    text: str, offset: int, length: int, expected: tuple[str | None, ...]
) -> None:
    bold = {"type": "bold", "offset": 0, "length": len(text)}
    entities = [bold, {"type": "bot_command", "offset": offset, "length": length}]

    for row in (
        enriched(text=text, entities=entities),
        enriched(caption=text, caption_entities=entities),
    ):
        assert (row.command, row.command_bot, row.command_args) == expected


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
    ("text", "offset", "length", "hashtag"),
    [
        ("#dados", 0, None, ""),
        ("#dados", 0, -3, ""),
        ("#dados", -1, 3, "#da"),
        ("#dados", 4, 100, "os"),
        ("\U0001f600#a", 1, 3, "\ufffd#a"),
        ("#\U0001f600", 0, 2, "#\ufffd"),
    ],
)
def test_an_entity_beyond_its_text_or_within_a_character_marks_what_is_there(
    text: str, offset: int, length: int | None, hashtag: str
) -> None:
    row = enriched(text=text, entities=[{"type": "hashtag", "offset": offset, "length": length}])

    assert row.hashtags == [hashtag]


@pytest.mark.parametrize("kind", ["animation", "voice", "video", "audio", "document"])
def test_a_file_has_its_identity_size_type_and_duration(kind: str) -> None:
    file: Any = {"file_unique_id": "u", "file_size": 9, "mime_type": "a/b", "duration": 3}

    row = enriched("message", media_group_id="g", **{kind: file})

    assert (row.content_type, row.media_group_id) == (kind, "g")
    assert (row.file_unique_id, row.file_size, row.mime_type, row.duration) == ("u", 9, "a/b", 3)


@pytest.mark.parametrize("kind", ["successful_payment", "refunded_payment", "invoice"])
def test_a_payment_and_an_invoice_have_their_amount(kind: str) -> None:
    content: dict[str, Any] = {kind: PRICE}

    row = enriched("message", **content)

    assert (row.currency, row.total_amount) == ("BRL", 4900)


def test_everybody_whom_the_text_names_is_listed_once() -> None:
    row = enriched(
        text="@Ana @ana Rui",
        entities=[
            {"type": "mention", "offset": 0, "length": 4},
            {"type": "mention", "offset": 5, "length": 4},
            {"type": "text_mention", "offset": 10, "length": 3, "user": {"id": 6}},
            {"type": "text_mention", "offset": 10, "length": 3},
        ],
    )

    assert (row.mentioned_usernames, row.mentioned_user_ids) == (["ana"], [6])


def test_a_rich_message_is_read_as_a_text_with_entities() -> None:
    link = {"type": "url", "text": "aqui", "url": "https://a.b"}
    command = {"type": "bold", "text": [{"type": "bot_command", "text": "/ask@bot"}, " 😀 "]}
    blocks = [
        {"type": "paragraph", "text": [command, {"type": "hashtag", "text": "#sql"}, ["!"]]},
        {"type": "divider"},
        {"type": "list", "items": [{"label": "1.", "blocks": [{"type": "pre", "text": "x = 1"}]}]},
        {"type": "table", "cells": [[{"text": "a"}, {}, {"text": link}]], "caption": "Tabela"},
        {
            "type": "details",
            "summary": "Mais",
            "blocks": [
                {"type": "blockquote", "blocks": [{"type": "heading", "text": "T"}], "credit": "C"},
                {"type": "photo", "photo": [{}], "caption": {"text": "Foto", "credit": "Ana"}},
                {"type": "novelty_of_next_year", "text": {"type": "mention", "text": "@rui"}},
            ],
        },
        {"type": "mathematical_expression", "expression": "x^2"},
        {"type": "buttons", "buttons": [{"text": "OK"}]},
    ]

    row = enriched(rich_message={"blocks": blocks})

    text = "/ask@bot 😀 #sql!\nx = 1\na\t\taqui\nTabela\nMais\nT\nC\nFoto\nAna\n@rui\nx^2"
    assert (row.text, row.text_length, row.content_type) == (text, len(text), "rich_message")
    assert (row.command, row.command_bot) == ("ask", "bot")
    assert (row.hashtags, row.mentioned_usernames, row.url_count) == (["#sql"], ["rui"], 1)
    assert row.entity_types == [
        *("bold", "bot_command", "hashtag", "pre", "url", "blockquote", "mention")
    ]


# The digest of the content

LINK: dict[str, Any] = {"type": "text_link", "offset": 0, "length": 2, "url": "https://a.b"}
BUTTONS = {"inline_keyboard": [[{"text": "Sim", "callback_data": "s"}]]}
RICH = {"blocks": [{"type": "paragraph", "text": ["oi", {"type": "bold", "text": "!"}]}]}
TASKS = {"title": "Lista", "tasks": [{"id": 1, "text": "ler"}]}
PHOTO: list[dict[str, Any]] = [{"file_unique_id": "s"}, {"file_unique_id": "L", "file_size": 9}]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"text": "oi"}, {"text": "oi!"}),
        ({"text": "oi"}, {"text": "oi", "entities": [LINK]}),
        ({"text": "oi", "entities": [LINK]}, {"text": "oi", "entities": [LINK | {"url": "b"}]}),
        ({"caption": "oi", "photo": PHOTO}, {"caption": "olá", "photo": PHOTO}),
        ({"photo": PHOTO}, {"photo": [{"file_unique_id": "M"}]}),
        ({"text": "oi"}, {"text": "oi", "reply_markup": BUTTONS}),
        ({"rich_message": RICH}, {"rich_message": {"blocks": RICH["blocks"] * 2}}),
        ({"checklist": TASKS}, {"checklist": TASKS | {"title": "Outra"}}),
        ({"poll": {"question": "a?"}}, {"poll": {"question": "b?"}}),
        ({"paid_media": {"paid_media": [{"photo": PHOTO}]}}, {"paid_media": {"paid_media": []}}),
    ],
)
def test_a_changed_content_has_another_digest(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert enriched(**before).content_digest != enriched(**after).content_digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"text": "oi"}, {"text": "oi", "edit_date": 9, "link_preview_options": {"url": "x"}}),
        ({"text": "oi"}, {"entities": [], "reply_markup": None, "photo": False, "text": "oi"}),
        (
            {"text": "oi", "entities": [LINK | {"user": {"id": 5, "first_name": "Ana"}}]},
            {"text": "oi", "entities": [{"user": {"id": 5, "first_name": "Bia"}} | LINK]},
        ),
        (
            {"text": "oi", "reply_markup": BUTTONS},
            {
                "reply_markup": {
                    "inline_keyboard": [[{"pay": False, "callback_data": "s", "text": "Sim"}]]
                },
                "text": "oi",
            },
        ),
        ({"location": {"latitude": 1, "live_period": 9}}, {"location": {"latitude": 2}}),
        ({"poll": {"question": "a?", "total_voter_count": 1}}, {"poll": {"question": "a?"}}),
        (
            {"checklist": TASKS},
            {"checklist": TASKS | {"tasks": [{"text": "ler", "id": 1, "completion_date": 5}]}},
        ),
        ({"photo": PHOTO}, {"photo": [PHOTO[1] | {"file_id": "new", "file_size": 10}]}),
    ],
)
def test_the_same_content_has_the_same_digest(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    digest = enriched("edited_message", **after).content_digest

    assert enriched(**before).content_digest == digest
    assert len(str(digest)) == 16


# Written messages, persons and what they do

WRITTEN: dict[str, Any] = {"from": ANA, "chat": TURMA, "text": "oi", "date": 100}
TELEGRAM = {"id": 777_000, "is_bot": False}
CHANNEL = {"id": -100_7, "type": "channel"}
PIN = {"from": ANA, "chat": TURMA, "pinned_message": {"message_id": 1}}
JOIN = {"status": "member", "user": ANA}


@pytest.mark.parametrize(
    ("update_type", "content", "person", "activity", "is_written"),
    [
        ("message", WRITTEN, 5, "write", True),
        ("business_message", WRITTEN, 5, "write", True),
        ("guest_message", WRITTEN, 5, "write", True),
        ("channel_post", {"sender_chat": CHANNEL, "text": "oi"}, None, None, True),
        ("edited_message", WRITTEN, 5, None, False),
        ("message", PIN, 5, None, False),
        ("message", WRITTEN | {"is_from_offline": True}, 5, None, True),
        ("message", WRITTEN | {"from": ANA | {"is_bot": True}}, None, None, True),
        ("message", WRITTEN | {"from": {"id": 1_087_968_824}}, None, None, True),
        ("message", WRITTEN | {"sender_chat": CHANNEL}, None, None, True),
        ("business_message", WRITTEN | {"sender_business_bot": {"id": 9}}, None, None, True),
        ("message", WRITTEN | {"from": TELEGRAM, "is_automatic_forward": True}, None, None, False),
        ("message", WRITTEN | {"from": TELEGRAM, "forward_from_chat": CHANNEL}, None, None, False),
        ("message", {"from": ANA, "giveaway": {"winner_count": 1}}, 5, "write", True),
        ("message", {"from": ANA, "hologram": {"size": 1}}, 5, "write", True),
        ("message_reaction", {"user": ANA, "new_reaction": []}, 5, "react", False),
        ("message_reaction", {"actor_chat": CHANNEL, "new_reaction": []}, None, None, False),
        ("callback_query", {"from": ANA, "message": {"from": {"id": 9}}}, 5, "press", False),
        (
            "callback_query",
            {"from": ANA, "message": {"sender_business_bot": {"id": 9}, "sender_chat": CHANNEL}},
            *(5, "press", False),
        ),
        ("poll_answer", {"user": ANA}, 5, "vote", False),
        ("poll_answer", {"user": ANA, "voter_chat": CHANNEL}, None, None, False),
        ("inline_query", {"from": ANA}, 5, "query", False),
        ("chosen_inline_result", {"from": ANA}, 5, "query", False),
        ("shipping_query", {"from": ANA}, 5, "pay", False),
        ("pre_checkout_query", {"from": ANA}, 5, "pay", False),
        ("purchased_paid_media", {"from": ANA}, 5, "pay", False),
        ("chat_member", {"from": ANA, "new_chat_member": JOIN}, 5, None, False),
        ("my_chat_member", {"from": ANA, "new_chat_member": {"status": "kicked"}}, 5, None, False),
        ("chat_join_request", {"from": ANA}, 5, None, False),
        ("chat_boost", {"boost": {"source": {"user": ANA}}}, 5, None, False),
        ("telepathy", {"from": ANA}, 5, None, False),
    ],
)
def test_persons_and_what_they_do_follow_the_definitions(
    update_type: str,
    content: dict[str, Any],
    person: int | None,
    activity: str | None,
    is_written: bool,  # noqa: FBT001
) -> None:
    row = enriched(update_type, **content)

    assert (row.person_id, row.activity, row.is_written) == (person, activity, is_written)


@pytest.mark.parametrize(
    ("member", "is_in"),
    [
        ({"status": "creator"}, True),
        ({"status": "administrator"}, True),
        ({"status": "member"}, True),
        ({"status": "restricted", "is_member": True}, True),
        ({"status": "restricted", "is_member": False}, False),
        ({"status": "left"}, False),
        ({"status": "kicked", "is_member": True}, False),
        ({}, None),
    ],
)
def test_membership_follows_the_status_or_is_member_of_a_restricted_user(
    member: dict[str, Any],
    is_in: bool | None,  # noqa: FBT001
) -> None:
    before = enriched("chat_member", old_chat_member=member)
    after = enriched("chat_member", new_chat_member=member)

    assert (before.member_was_in, after.member_is_in) == (is_in, is_in)


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


OF_A_CHANNEL: Any = {"forward_from_chat": {"id": -100_7, "type": "channel"}}


@pytest.mark.parametrize(
    ("sender", "chat", "forward", "is_automatic"),
    [
        (TELEGRAM, TURMA, OF_A_CHANNEL, True),
        (TELEGRAM, {"id": 5, "type": "private"}, OF_A_CHANNEL, None),
        (TELEGRAM, TURMA, {"forward_sender_name": "Ana"}, None),
        (ANA, TURMA, OF_A_CHANNEL, None),
    ],
)
def test_of_old_forwards_those_by_telegram_from_a_channel_into_a_group_are_automatic(
    sender: Any, chat: Any, forward: Any, is_automatic: Any
) -> None:
    row = enriched("message", chat=chat, text="oi", **forward, **{"from": sender})

    assert row.is_automatic_forward is is_automatic


def test_a_field_that_is_not_documented_is_counted_with_an_example() -> None:
    drift = DriftCounter()
    payload = b'{"update_id":1,"message":{"message_id":3,"text":"oi","hologram":{"size":3}}}'

    enrich_update(payload, "message", drift)
    enrich_update(b'{"update_id":2,"telepathy":{"id":1}}', "telepathy", drift)

    assert drift.found() == (
        Drift("message.hologram", 1, '{"size": 0}'),
        Drift("telepathy", 1, '{"id": 0}'),
    )


@pytest.mark.parametrize(
    ("lists", "added", "removed"),
    [
        ({}, None, None),
        ({"old_reaction": [{"type": "paid"}]}, [], ["paid"]),
        ({"new_reaction": [{"type": "paid"}]}, ["paid"], []),
    ],
)
def test_of_two_lists_of_reactions_one_may_be_missing_and_without_both_nothing_is_known(
    lists: dict[str, Any], added: list[str] | None, removed: list[str] | None
) -> None:
    row = enriched("message_reaction", chat=TURMA, user=ANA, message_id=3, **lists)

    assert (row.reactions_added, row.reactions_removed) == (added, removed)


def test_an_update_without_a_chat_object_is_of_the_private_chat_that_it_names() -> None:
    named = enriched("business_connection", user=ANA, user_chat_id=77)
    unnamed = enriched("business_connection", user=ANA)
    without_id = enriched("chat_join_request", chat={"type": "supergroup", "title": "Turma"})

    assert (named.chat_id, named.chat_type) == (77, "private")
    assert (unnamed.chat_id, unnamed.chat_type) == (None, None)
    assert (without_id.chat_id, without_id.chat_title) == (None, "Turma")


def test_an_unknown_type_has_the_columns_of_the_fields_that_most_types_have() -> None:
    row = enriched(
        "edited_hologram", date=100, edit_date=200, message_id=3, message_thread_id=7, chat=TURMA
    )

    assert (row.date, row.edit_date, row.event_at) == (100, 200, 200_000_000)
    assert (row.message_id, row.message_thread_id, row.chat_id) == (3, 7, TURMA["id"])


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
        new_chat_member={"user": ANA | {"id": 6, "is_bot": True}, "status": "member"},
        invite_link={"name": "Aula 1"},
    )

    assert (row.user_id, row.member_user_id, row.member_user_is_bot) == (5, 6, True)
    assert (row.member_username, row.member_first_name) == ("ana", "Ana")
    assert row.invite_link_name == "Aula 1"
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
            {"reply_to_message": {"message_id": 8, "from": ANA, "is_automatic_forward": True}},
            {
                "reply_to_message_id": 8,
                "reply_to_user_id": 5,
                "reply_to_username": "ana",
                "reply_to_is_automatic_forward": True,
            },
        ),
        (
            "message",
            {"external_reply": {"chat": TURMA, "message_id": 8}},
            {"external_reply_chat_id": -100_5, "external_reply_message_id": 8},
        ),
        (
            "message",
            {"message_thread_id": 7, "is_topic_message": True},
            {"message_thread_id": 7, "is_topic_message": True},
        ),
        (
            "message",
            {"message_thread_id": 7, "is_topic_message": False, "is_from_offline": False},
            {"message_thread_id": 7, "is_topic_message": None, "is_from_offline": None},
        ),
        ("message", {"direct_messages_topic": {"topic_id": 4}}, {"direct_messages_topic_id": 4}),
        (
            "message",
            {"reply_to_message": {"message_id": 4, "from": {"id": 9, "is_bot": True}}},
            {"reply_to_message_id": 4, "reply_to_user_id": 9, "reply_to_user_is_bot": True},
        ),
        (
            "message",
            {"external_reply": {"message_id": 8}},
            {"external_reply_chat_id": None, "external_reply_message_id": 8},
        ),
        ("message", {"via_bot": {"id": 9}}, {"via_bot_id": 9}),
        (
            "message",
            {"from": ANA | {"is_premium": True}, "chat": TURMA},
            {"user_is_premium": True, "chat_title": "Turma", "chat_username": "turma"},
        ),
        (
            "business_message",
            {"business_connection_id": "b", "sender_business_bot": {"id": 9}},
            {"business_connection_id": "b", "sender_business_bot_id": 9},
        ),
        ("deleted_business_messages", {"business_connection_id": "b"}, BUSINESS),
        ("business_connection", {"id": "b"}, BUSINESS),
        ("callback_query", {"message": BUSINESS}, BUSINESS),
        (
            "message",
            {"new_chat_members": [ANA, {"id": 9, "is_bot": True}]},
            {"new_chat_member_ids": [5, 9], "new_chat_bot_ids": [9], "is_service": True},
        ),
        (
            "message",
            {"left_chat_member": ANA},
            {"left_chat_member_id": 5, "left_chat_member_is_bot": False, "is_service": True},
        ),
        ("message", {"location": {"live_period": 900}}, {"is_live_location": True}),
        ("message", {"location": {"latitude": 1}}, {"is_live_location": False}),
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
