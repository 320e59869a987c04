"""An exported message becomes the row that the same message has as an update, as far as known."""

import json
from typing import Any

import pytest

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.layers.enriched.exported_messages import account
from tg_pipeline.layers.enriched.schema import EnrichedUpdate
from tg_pipeline.layers.enriched.updates import enrich_update

BOT = 7
SECOND = 1_700_000_000
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Turma"}
EXPORTED = {
    "id": 12,
    "type": "message",
    "date": "2023-11-14T22:13:20",
    "date_unixtime": str(SECOND),
    "from": "Ana Lima",
    "from_id": "user5",
}


def row_of(chat: dict[str, Any] | None = None, **fields: Any) -> EnrichedUpdate:
    message = {**EXPORTED, **fields}
    content = {"date": SECOND, "chat": chat or GROUP, "message": message}
    line = json.dumps({"update_id": FIRST_SYNTHETIC_ID, "exported_message": content})
    return enrich_update(
        line.encode(), "exported_message", bot_id=BOT, update_id=FIRST_SYNTHETIC_ID
    )


def test_a_text_has_its_entities_at_the_offsets_of_the_bot_api() -> None:
    # Given a text in parts, with an emoji before a mention
    text = [
        {"type": "bot_command", "text": "/preco@Loja_bot"},
        " 😀 ",
        {"type": "mention", "text": "@bia"},
        {"type": "mention_name", "text": "Caio", "user_id": 6},
        {"type": "text_link", "text": "aqui", "href": "https://example.org"},
    ]

    # When it is enriched
    row = row_of(text=text, reply_to_message_id=3)

    # Then the columns are those of the update
    assert row.text == "/preco@Loja_bot 😀 @biaCaioaqui"
    assert (row.command, row.command_bot) == ("preco", "loja_bot")
    assert (row.mentioned_usernames, row.mentioned_user_ids) == (["bia"], [6])
    assert (row.url_count, row.reply_to_message_id) == (1, 3)
    assert (row.origin, row.message_kind, row.content_type) == ("export", "message", "text")
    assert (row.user_id, row.person_id, row.user_first_name) == (5, 5, "Ana Lima")
    assert (row.is_written, row.activity) == (True, "write")


@pytest.mark.parametrize(
    ("fields", "content_type"),
    [
        ({"media_type": "sticker", "file": "s.webp", "sticker_emoji": "😀"}, "sticker"),
        ({"media_type": "voice_message", "file": "v.ogg"}, "voice"),
        ({"media_type": "video_file", "file": "(File not included.)"}, "video"),
        ({"photo": "photos/a.jpg"}, "photo"),
        ({"file": "a.pdf", "mime_type": "application/pdf"}, "document"),
        ({"location_information": {"latitude": 1}, "place_name": "Bar"}, "venue"),
        ({"poll": {"question": "Quando?"}}, "poll"),
        ({"contact_information": {"first_name": "Eva"}}, "contact"),
        ({}, None),
    ],
)
def test_the_content_type_is_that_of_the_bot_api(
    fields: dict[str, Any], content_type: str | None
) -> None:
    assert row_of(text="", **fields).content_type == content_type


def test_a_text_beside_a_file_is_its_caption() -> None:
    row = row_of(photo="photos/a.jpg", photo_file_size=9, text="Olha", file_name="x")

    assert (row.caption, row.text, row.file_size) == ("Olha", None, 9)
    assert row.file_unique_id is None


@pytest.mark.parametrize(
    ("action", "content_type"),
    [
        ("join_group_by_link", "new_chat_members"),
        ("invite_members", "new_chat_members"),
        ("pin_message", "pinned_message"),
        ("something_new", "something_new"),
    ],
)
def test_events_of_the_chat_are_service_messages(action: str, content_type: str) -> None:
    row = row_of(type="service", action=action, actor="Ana", actor_id="user5", members=["Bia"])

    assert (row.content_type, row.is_service, row.is_written) == (content_type, True, False)
    # Who was added is known by name only: a name is no id
    joined = [5] if action == "join_group_by_link" else None
    assert row.new_chat_member_ids == joined


def test_what_the_bot_itself_wrote_is_its_own() -> None:
    row = row_of({"id": 5, "type": "private"}, from_id=f"user{BOT}", text="Abrimos às 9h")

    assert (row.is_own, row.is_written, row.user_is_bot, row.person_id) == (
        *(True, False),
        *(True, None),
    )


@pytest.mark.parametrize("chat", [{"id": 5, "type": "private"}, {"id": -6, "type": "group"}])
def test_an_id_of_another_account_is_not_taken_for_one_of_the_bot(chat: dict[str, Any]) -> None:
    row = row_of(chat, text="Oi", reply_to_message_id=3)

    assert (row.message_id, row.reply_to_message_id) == (-12, -3)
    assert row_of(text="Oi").message_id == 12


def test_who_writes_for_a_chat_is_no_person() -> None:
    row = row_of(from_id="channel1234", text="Aviso")

    assert (row.sender_chat_id, row.user_id, row.person_id) == (-1_000_000_001_234, None, None)


def test_a_deleted_account_is_still_the_same_person() -> None:
    row = row_of(**{"from": None}, text="Oi")

    assert (row.user_id, row.user_first_name) == (5, None)


def test_reactions_are_totals_and_no_events() -> None:
    reactions = [
        {"type": "emoji", "count": 3, "emoji": "👍", "recent": [{"from_id": "user9"}]},
        {"type": "custom_emoji", "count": 1, "document_id": "77"},
        {"type": "paid", "count": 2},
    ]

    row = row_of(text="Oi", reactions=reactions, edited_unixtime="1700000009")

    assert row.reaction_names == ["👍", "custom:77", "paid"]
    assert row.reaction_counts == [3, 1, 2]
    assert row.reactions_added is None
    assert not row.is_edit


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("user123", ("user", 123)),
        ("channel9", ("channel", 9)),
        ("chat4", ("chat", 4)),
        ((1 << 32) + 5, ("user", 5)),
        ((2 << 32) + 6, ("chat", 6)),
        (5, ("user", 5)),
        ("someone", None),
        (None, None),
        (True, None),
    ],
)
def test_accounts_are_read_in_the_forms_of_all_versions(
    written: object, found: tuple[str, int] | None
) -> None:
    assert account(written) == found


@pytest.mark.parametrize("message", [None, [], {"id": "x", "text": {"a": 1}, "reactions": 5}])
def test_a_message_of_another_form_is_a_row_all_the_same(message: object) -> None:
    content = {"date": SECOND, "chat": GROUP, "message": message}
    line = json.dumps({"update_id": FIRST_SYNTHETIC_ID, "exported_message": content}).encode()

    row = enrich_update(line, "exported_message", bot_id=BOT, update_id=FIRST_SYNTHETIC_ID)

    assert (row.origin, row.message_id) == ("export", None)
