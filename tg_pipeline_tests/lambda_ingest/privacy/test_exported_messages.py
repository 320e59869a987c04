"""Forgotten people leave exported messages, which have names and ids of another form."""

import json
from typing import Any

import pytest
from hypothesis import given

from lambda_ingest.privacy.minimization import DROPPABLE, Minimization
from lambda_ingest.privacy.personal_strings import BLANK
from lambda_ingest.privacy.suppression import NO_TOMBSTONES, suppress
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import tombstones_of
from tg_pipeline_tests.telegram import exports

ID, USERNAME, NAME = 5_000_000_001, "ana_ribeiro", "Ana Ribeiro"
THEIRS = tombstones_of(ID, USERNAME, NAME)
OLD_ID = 21_517_917

ANA = {"from": NAME, "from_id": f"user{ID}"}
BETO = {"from": "Beto", "from_id": "user77"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Turma"}
DATE = {"date": "2020-09-13T12:26:40", "date_unixtime": "1600000000"}


def line(chat: dict[str, Any] | None = None, /, **message: Any) -> bytes:
    sent = {"id": 5, "type": "message", **DATE, **BETO, **message}
    content = {"date": 1_600_000_000, "chat": chat or GROUP, "message": sent}
    return json.dumps({"update_id": 1 << 62, "exported_message": content}).encode()


def redacted(body: bytes) -> dict[str, Any]:
    """Return what is left of a message, without its unchanged beginning."""
    kept = suppress(body, THEIRS)
    assert kept is not None
    assert kept is not body
    assert suppress(kept, THEIRS) is kept
    content = json.loads(kept)["exported_message"]
    assert content["chat"] == GROUP
    message = content["message"]
    beginning = {"id": 5, "type": "message", **DATE}
    assert beginning.items() <= message.items()
    return {name: value for name, value in message.items() if name not in beginning}


@pytest.mark.parametrize(
    "body",
    [
        line(**ANA, text="segredo"),
        line(**ANA | {"from": None}),
        line(actor="A", actor_id=f"user{ID}", action="pin_message", message_id=3),
        line({"id": ID, "type": "private"}, text="uma resposta do bot"),
    ],
)
def test_nothing_of_their_own_messages_is_kept(body: bytes) -> None:
    assert suppress(body, THEIRS) is None


def test_senders_of_old_exports_are_numbers_with_a_shift() -> None:
    old = tombstones_of(OLD_ID)

    assert suppress(line(**{"from": "Ana", "from_id": (1 << 32) + OLD_ID}), old) is None
    kept = line(**{"from": "Ana", "from_id": (1 << 32) + OLD_ID + 1})
    assert suppress(kept, old) is kept


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        # Who reacted
        (
            {"reactions": [{"count": 2, "recent": [ANA | {"date": "x"}, BETO]}]},
            {"reactions": [{"count": 2, "recent": [
                {"from": None, "from_id": "user0", "date": "x"}, BETO]}]},
        ),
        # Names alone
        ({"members": [NAME, "Carla", None]}, {"members": [BLANK, "Carla", None]}),
        ({"inviter": NAME}, {"inviter": BLANK}),
        ({"author": NAME}, {"author": BLANK}),
        # What they wrote, forwarded
        (
            {"forwarded_from": NAME, "text": "segredo", "photo": "a.jpg"},
            {"text": "", "text_entities": []},
        ),
        (
            {"forwarded_from": "A", "forwarded_from_id": f"user{ID}", "poll": {}, "text": "s"},
            {"text": "", "text_entities": []},
        ),
        ({"saved_from": NAME, "text": "s"}, {"text": "", "text_entities": []}),
        # Mentions
        ({"text": f"oi @{USERNAME}!"}, {"text": f"oi {BLANK * 12}!"}),
        ({"via_bot": f"@{USERNAME}"}, {"via_bot": BLANK * 12}),
        (
            {"text": [{"type": "mention_name", "text": "Aninha", "user_id": ID}, " oi"]},
            {"text": [{"type": "mention_name", "text": BLANK * 6, "user_id": 0}, " oi"]},
        ),
        (
            {"text": [{"type": "text_link", "text": "ela", "href": f"tg://user?id={ID}"}]},
            {"text": [{"type": "text_link", "text": BLANK * 3,
                       "href": f"tg://user?id={BLANK * 10}"}]},
        ),
        ({"text": f"o id é {ID}"}, {"text": f"o id é {BLANK * 10}"}),
        # Other ids
        ({"reply_to_peer_id": f"user{ID}"}, {"reply_to_peer_id": "user0"}),
        ({"to": NAME, "to_id": f"user{ID}"}, {"to": None, "to_id": "user0"}),
        ({"peer_id": ID}, {"peer_id": 0}),
        (
            {"contact_information": {"first_name": "Ana", "last_name": "Ribeiro",
                                     "phone_number": "+55"}},
            {"contact_information": {"first_name": "", "last_name": "", "phone_number": ""}},
        ),
    ],
)  # fmt: skip
def test_they_leave_the_messages_of_others(sent: dict[str, Any], left: dict[str, Any]) -> None:
    assert redacted(line(**sent)) == BETO | left


def test_another_person_of_the_same_name_and_a_time_like_an_id_stay() -> None:
    at_their_id = {"date_unixtime": str(ID), "edited_unixtime": str(ID), "id": ID}

    for body in (line(**BETO | {"from": NAME}), line(**at_their_id), line(text="oi")):
        assert suppress(body, THEIRS) is body


@given(exports.messages(least=1, most=1))
def test_a_message_about_nobody_who_is_forgotten_is_untouched(sent: list[dict[str, Any]]) -> None:
    body = json.dumps({"update_id": 1, "exported_message": {"message": sent[0]}}).encode()

    assert suppress(body, NO_TOMBSTONES) is body
    assert suppress(body, tombstones_of(1_234_567, "nobody_else", "Ninguém")) is body


# Minimization


def minimized(minimization: Minimization, **sent: Any) -> dict[str, Any]:
    kept = minimization.apply(line(**sent))
    assert minimization.apply(kept) is kept
    message: dict[str, Any] = json.loads(kept)["exported_message"]["message"]
    return {name: value for name, value in message.items() if name not in {"id", "type", *DATE}}


COMMAND = {"type": "bot_command", "text": "/start"}


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({"text": "segredo", "text_entities": [{"type": "plain", "text": "segredo"}]}, BLANK),
        ({"text": ["a", {"type": "bold", "text": "b"}]}, BLANK),
        ({"text": [COMMAND, " segredo"]}, [COMMAND, f" {BLANK}"]),
        ({"text": ""}, ""),
    ],
)
def test_texts_are_dropped_and_commands_stay(sent: dict[str, Any], left: Any) -> None:
    assert minimized(Minimization(drops_text=True), **sent)["text"] == left


def test_polls_are_dropped_with_the_texts() -> None:
    poll = {"question": "q", "closed": False, "answers": [{"text": "a", "voters": 1}]}

    kept = minimized(Minimization(drops_text=True), poll=poll)

    blank = {"question": BLANK, "closed": False, "answers": [{"text": BLANK, "voters": 1}]}
    assert kept["poll"] == blank


@pytest.mark.parametrize(
    ("name", "sent", "left"),
    [
        ("first_name", {"reactions": [{"recent": [BETO]}]},
         {"from_id": "user77", "reactions": [{"recent": [{"from_id": "user77"}]}]}),
        ("last_name", {"members": ["A"], "forwarded_from": "B"}, {"from_id": "user77"}),
        ("contact", {"contact_information": {}, "contact_vcard": "x"}, BETO),
        ("phone_number", {"contact_information": {"phone_number": "1"}},
         BETO | {"contact_information": {}}),
        ("location", {"location_information": {"latitude": 1}}, BETO),
        ("photo", {"photo": "a.jpg"}, BETO),
        ("sticker", {"file": "a", "media_type": "sticker", "sticker_emoji": "x"},
         BETO | {"media_type": "sticker"}),
        ("voice", {"file": "a", "media_type": "sticker"},
         BETO | {"file": "a", "media_type": "sticker"}),
        ("document", {"file": "a", "file_name": "b", "mime_type": "c"}, BETO),
        ("audio", {"file": "a", "media_type": "audio_file", "performer": "b", "title": "c"},
         BETO | {"media_type": "audio_file"}),
        ("username", {"via_bot": "@gif"}, BETO),
    ],
)  # fmt: skip
def test_what_an_export_has_for_a_field_is_dropped(
    name: str, sent: dict[str, Any], left: dict[str, Any]
) -> None:
    assert name in DROPPABLE
    assert minimized(Minimization(frozenset({name})), **sent) == left
