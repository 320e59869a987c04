"""Forgotten people leave the updates of others; their own updates go; nobody else is touched."""

import base64
import json
import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lambda_ingest.privacy.personal_strings import BLANK
from lambda_ingest.privacy.redaction import ERASED_USER, MAX_LEVELS, is_own, redact
from lambda_ingest.privacy.suppression import (
    NO_TOMBSTONES,
    Identity,
    Tombstones,
    identity_digest,
    mentions_person,
    suppress,
)
from lambda_ingest.settings import Secret
from tg_pipeline.sample import deliveries
from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, tombstones_of
from tg_pipeline_tests.lambda_ingest.updates.aiogram_updates import Examples

ID, USERNAME, NAME = 5_000_000_001, "ana_ribeiro", "Ana Ribeiro"


THEIRS = tombstones_of(ID, USERNAME, NAME)
ANA = {"id": ID, "is_bot": False, "first_name": "Ana", "last_name": "Ribeiro", "username": USERNAME}
BETO = {"id": 77, "is_bot": False, "first_name": "Beto", "username": "beto_farias"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Turma"}
ANAS_CHAT = {"id": ID, "type": "private", "first_name": "Ana"}
HER_MESSAGE = {"message_id": 4, "date": 9, "chat": GROUP, "from": ANA, "text": "segredo"}
ENVELOPE = {"message_id": 4, "date": 9, "chat": GROUP, "from": ERASED_USER}


def blanks(count: int) -> str:
    return BLANK * count


def update(kind: str, /, **content: Any) -> bytes:
    return json.dumps({"update_id": 1, kind: content}).encode()


def message(**content: Any) -> bytes:
    return update("message", **{"message_id": 5, "date": 10, "chat": GROUP, "from": BETO} | content)


def redacted(body: bytes, tombstones: Tombstones = THEIRS) -> Any:
    """Return the content of the update that is left."""
    kept = suppress(body, tombstones)
    assert kept is not None
    assert kept is not body
    assert suppress(kept, tombstones) is kept
    (content,) = (value for name, value in json.loads(kept).items() if name != "update_id")
    return content


def is_untouched(body: bytes, tombstones: Tombstones = THEIRS) -> bool:
    return suppress(body, tombstones) is body


class TestTheirOwnUpdates:
    @pytest.mark.parametrize(
        "body",
        [
            update("message", message_id=1, chat=GROUP, **{"from": ANA}),
            update("message", message_id=1, chat=ANAS_CHAT, **{"from": BETO}),
            update("message", message_id=1, chat=GROUP, **{"from": {"id": ID}}),
            update("message", message_id=1, chat=GROUP, **{"from": ANA | {"id": str(ID)}}),
            update("message", message_id=1, chat=GROUP, **{"from": ANA | {"id": float(ID)}}),
            update("business_message", message_id=1, chat=ANAS_CHAT, **{"from": BETO}),
            update("deleted_business_messages", chat=ANAS_CHAT, message_ids=[3]),
            update("business_connection", id="x", user=BETO, user_chat_id=ID),
            update("callback_query", id="x", data="y", **{"from": ANA}),
            update("inline_query", id="x", query="y", **{"from": ANA}),
            update("poll_answer", poll_id="x", user=ANA, option_ids=[1]),
            update("message_reaction", chat=GROUP, user=ANA, message_id=4),
            update("chat_boost", chat=GROUP, boost={"source": {"user": ANA}}),
            update("a_type_of_tomorrow", user=ANA),
            update("message", chat=GROUP, **{"from": ANA}).replace(b"5000000001", b"5.000000001e9"),
        ],
    )
    def test_are_dropped(self, body: bytes) -> None:
        assert suppress(body, THEIRS) is None

    def test_are_kept_without_tombstones(self) -> None:
        body = message(**{"from": ANA})

        assert suppress(body, NO_TOMBSTONES) is body


class TestWhatOthersSendAboutThem:
    @pytest.mark.parametrize(
        ("field", "sent", "kept"),
        [
            ("new_chat_members", [ANA, BETO], [ERASED_USER, BETO]),
            ("left_chat_member", ANA, ERASED_USER),
            ("reply_to_message", HER_MESSAGE, ENVELOPE),
            ("pinned_message", HER_MESSAGE | {"photo": [{"file_id": "x"}]}, ENVELOPE),
            ("contact", {"user_id": ID, "phone_number": "+55", "first_name": "Ana", "vcard": "V"},
             {"user_id": 0, "phone_number": "", "first_name": "", "vcard": ""}),
            ("contact", {"phone_number": "+55", "first_name": "Ana", "last_name": "Ribeiro"},
             {"phone_number": "", "first_name": "", "last_name": ""}),
            ("user_shared", {"request_id": 3, "user_id": ID}, {"request_id": 3, "user_id": 0}),
            ("users_shared",
             {"users": [{"user_id": ID, "username": USERNAME, "photo": [{}]}], "user_ids": [ID, 8]},
             {"users": [{"user_id": 0, "username": ""}], "user_ids": [0, 8]}),
            ("proximity_alert_triggered", {"traveler": ANA, "watcher": BETO, "distance": 3},
             {"traveler": ERASED_USER, "watcher": BETO, "distance": 3}),
            ("giveaway_winners", {"winners": [ANA], "winner_count": 1},
             {"winners": [ERASED_USER], "winner_count": 1}),
            ("video_chat_participants_invited", {"users": [ANA]}, {"users": [ERASED_USER]}),
            ("chat_owner_changed", {"new_owner": ANA}, {"new_owner": ERASED_USER}),
            ("direct_messages_topic", {"topic_id": ID, "user": ANA},
             {"topic_id": 0, "user": ERASED_USER}),
            ("reply_to_story", {"chat": ANAS_CHAT, "id": 3}, {"chat": ERASED_USER, "id": 3}),
            ("checklist", {"title": "T", "tasks": [{"id": 1, "completed_by_user": ANA}]},
             {"title": "T", "tasks": [{"id": 1, "completed_by_user": ERASED_USER}]}),
            ("poll", {"options": [{"text": "mine", "text_entities": [], "added_by_user": ANA}]},
             {"options": [{"text": "", "added_by_user": ERASED_USER}]}),
            ("author_signature", NAME, BLANK),
            ("a_field_of_tomorrow", {"deep": [{"hero": ANA}]}, {"deep": [{"hero": ERASED_USER}]}),
        ],
    )  # fmt: skip
    def test_keeps_all_but_them(self, field: str, sent: Any, kept: Any) -> None:
        content = redacted(message(text="oi", **{field: sent}))

        assert content[field] == kept
        assert (content["from"], content["chat"], content["text"]) == (BETO, GROUP, "oi")

    @pytest.mark.parametrize(
        "origin",
        [
            {"forward_origin": {"type": "user", "sender_user": ANA, "date": 3}},
            {"forward_origin": {"type": "hidden_user", "sender_user_name": NAME, "date": 3}},
            {"forward_from": ANA, "forward_date": 3},
            {"forward_sender_name": NAME, "forward_date": 3},
        ],
    )
    def test_a_forward_of_theirs_keeps_who_forwarded_it_but_not_the_content(
        self, origin: dict[str, Any]
    ) -> None:
        content = redacted(message(text="segredo", photo=[{"file_id": "x"}], **origin))

        assert content.keys() == {"message_id", "date", "chat", "from", *origin}
        assert content["from"] == BETO

    @pytest.mark.parametrize(
        "replied",
        [
            {"reply_to_message": HER_MESSAGE},
            {"external_reply": {"origin": {"type": "user", "sender_user": ANA}, "photo": [{}]}},
            {"reply_to_message": HER_MESSAGE | {"from": BETO, "forward_from": ANA}},
        ],
    )
    def test_a_quote_of_theirs_is_removed(self, replied: dict[str, Any]) -> None:
        content = redacted(message(text="concordo", quote={"text": "segredo"}, **replied))

        assert "segredo" not in json.dumps(content)
        assert "photo" not in json.dumps(content)
        assert content["text"] == "concordo"

    def test_a_change_of_their_membership_keeps_who_made_it(self) -> None:
        member = {"user": ANA, "status": "administrator", "custom_title": "Aninha"}
        body = update("chat_member", chat=GROUP, new_chat_member=member, **{"from": BETO})

        content = redacted(body)

        assert content["from"] == BETO
        assert content["new_chat_member"] == {"user": ERASED_USER, "status": "administrator",
                                              "custom_title": ""}  # fmt: skip


def entity(kind: str, offset: int, length: int, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **fields}


class TestTexts:
    def test_the_characters_of_a_mention_are_blanked_by_utf_16_units(self) -> None:
        entities = [entity("text_mention", 3, 5, user=ANA), entity("bold", 9, 2)]

        content = redacted(message(text="😀 An🌻a 😀!", entities=entities))

        assert content["text"] == f"😀 {blanks(5)} 😀!"
        assert content["entities"][0]["user"] == ERASED_USER
        assert content["entities"][1] == entities[1]

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("oi @Ana_Ribeiro, veja", f"oi {blanks(12)}, veja"),
            ("https://t.me/ana_ribeiro?x=1", f"https://t.me/{blanks(11)}?x=1"),
            ("ana_ribeiro.t.me", f"{blanks(11)}.t.me"),
            ("é5000000001", f"é{blanks(10)}"),
            ("tg://user?id=5000000001", f"tg://user?id={blanks(10)}"),
        ],
    )
    @pytest.mark.parametrize("field", ["text", "caption", "a_field_of_tomorrow"])
    def test_usernames_links_and_ids_are_blanked(self, field: str, sent: str, kept: str) -> None:
        assert redacted(message(**{field: sent}))[field] == kept

    @pytest.mark.parametrize(
        "text",
        [
            "ana_ribeiro@example.org x@ana_ribeiro",
            "@ana_ribeiro2 @xana_ribeiro @ana_ribeir",
            "15000000001 50000000012 Ana Ribeiro ana",
            "t.me/ana_ribeiro_bot",
        ],
    )
    def test_longer_words_and_numbers_and_names_in_sentences_stay(self, text: str) -> None:
        assert is_untouched(message(text=text))

    def test_a_button_for_them_loses_what_identifies_them(self) -> None:
        buttons = [
            {"text": "Banir", "callback_data": f"ban:{ID}"},
            {"text": "Ana", "url": f"tg://user?id={ID}"},
            {"text": "Outro", "callback_data": f"ban:1{ID}"},
        ]
        content = redacted(message(text="?", reply_markup={"inline_keyboard": [buttons]}))

        ban, profile, other = content["reply_markup"]["inline_keyboard"][0]
        assert ban == {"text": "Banir", "callback_data": f"ban:{blanks(10)}"}
        assert profile == {"text": blanks(3), "url": f"tg://user?id={blanks(10)}"}
        assert other == buttons[2]

    def test_what_a_bot_has_named_after_them_is_no_identifier_of_telegram(self) -> None:
        chosen = update("chosen_inline_result", **{"from": BETO}, result_id=f"gift:{ID}", query="g")

        assert redacted(chosen)["result_id"] == f"gift:{blanks(10)}"

    def test_rich_text_about_them_is_blanked(self) -> None:
        parts = [
            "oi ",
            {"type": "text_mention", "text": {"type": "bold", "text": "Ana"}, "user": ANA},
            {"type": "mention", "text": ["@ana", "_ribeiro"], "username": "Ana_Ribeiro"},
            {"type": "mention", "text": "@beto_farias", "username": "beto_farias"},
        ]
        body = message(rich_message={"blocks": [{"type": "paragraph", "text": parts}]})

        kept = redacted(body)["rich_message"]["blocks"][0]["text"]

        assert kept[1] == {
            "type": "text_mention", "text": {"type": "bold", "text": blanks(3)}, "user": ERASED_USER
        }  # fmt: skip
        assert kept[2] == {
            "type": "mention",
            "text": [blanks(4), blanks(8)],
            "username": blanks(11),
        }
        assert kept[3] == parts[3]


HER_POLL = {
    "id": "5123456789012345678",
    "question": "Qual 😀?",
    "question_entities": [entity("bold", 0, 4)],
    "options": [{"text": "Uma", "voter_count": 3, "persistent_id": "0", "added_by_user": BETO}],
    "total_voter_count": 3,
    "correct_option_ids": [0],
    "explanation": "Sim",
    "media": {"photo": [{"file_id": "x"}]},
}
BLANK_POLL = {
    "id": "5123456789012345678",
    "question": blanks(8),
    "options": [{"text": blanks(3), "voter_count": 3, "persistent_id": "0"}],
    "total_voter_count": 3,
    "correct_option_ids": [0],
    "explanation": blanks(3),
}
BY_ANA: dict[str, Any] = {"from": ANA}
BY_BETO: dict[str, Any] = {"from": BETO}


class TestTheirPolls:
    def test_lose_their_texts_wherever_they_are_repeated(self) -> None:
        digest = identity_digest(Secret(KEY), Identity.POLL, str(HER_POLL["id"]))
        theirs = Tombstones(Secret(KEY), frozenset({digest}))

        assert redacted(update("poll", **HER_POLL), theirs) == BLANK_POLL
        assert redacted(message(poll=HER_POLL), theirs)["poll"] == BLANK_POLL
        assert is_untouched(update("poll", **HER_POLL | {"id": "6"}), theirs)
        assert is_untouched(update("poll_answer", poll_id=HER_POLL["id"], user=BETO), theirs)
        assert suppress(update("poll", **HER_POLL)[:-9], theirs) is None


class TestOtherPeople:
    @pytest.mark.parametrize(
        "body",
        [
            message(text="oi", **{"from": BETO | {"username": USERNAME}}),
            message(text="oi", **{"from": BETO | {"first_name": "Ana", "last_name": "Ribeiro"}}),
            message(message_id=ID, date=ID, text="oi"),
            message(reply_to_story={"chat": GROUP, "id": ID}),
            message(chat={"id": -ID, "type": "group"}),
            message(poll={"id": str(ID), "question": "?"}),
            message(contact={"phone_number": str(ID), "first_name": "X", "user_id": 8}),
            message(document={"file_id": f"x_{ID}", "file_size": ID}),
            message(checklist={"tasks": [{"id": ID, "text": "x"}]}),
            json.dumps({"update_id": ID, "message": {"from": BETO}}).encode(),
        ],
    )
    def test_numbers_that_equal_the_id_and_people_with_the_same_names_stay(
        self, body: bytes
    ) -> None:
        assert is_untouched(body)


class TestBytes:
    def test_an_escaped_username_or_digit_is_found(self) -> None:
        body = message(text="@ana_ribeiro").replace(b"@ana", b"\\u0040\\u0061na")

        assert redacted(body)["text"] == blanks(12)

    def test_the_first_of_two_equal_names_is_not_kept(self) -> None:
        body = b'{"update_id":1,"message":{"from":{"id":77},"text":"@ana_ribeiro","text":"oi"}}'

        assert redacted(body) == {"from": {"id": 77}, "text": "oi"}

    def test_lone_surrogates_and_nul_survive(self) -> None:
        body = message(text="\ud83d\x00 @ana_ribeiro")

        assert redacted(body)["text"] == f"\ud83d\x00 {blanks(12)}"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"update_id":1,"message":{"from":{"id":5000000001,"first_n',
            b'{"update_id":1,"message":{"text":"@ana_ribeiro',
            b'{"update_id":1,"message":{"x":"Ana Ribeiro"',
            b'{"text":"\\u0061na_ribeiro"',
            b'{"method":"sendMessage","chat_id":5000000001}',
            b"[5000000001]",
            b'{"update_id":1,"id":5000000001,"x":NaN}',
            b'{"update_id":1,"message":"\xff 5000000001"}',
            b"payload=%7B%22username%22%3A%22ana_ribeiro%22%7D",
            '{"id":5000000001}'.encode("utf-16"),
            b"[" * 100_000 + b"5000000001",
            b'{"update_id":1,"x":' + b"[" * MAX_LEVELS + b"5000000001" + b"]" * MAX_LEVELS + b"}",
            json.dumps(
                {"reason": "No.", "body_base64": base64.b64encode(b"<5000000001>").decode()}
            ).encode(),
        ],
    )
    def test_bytes_that_are_no_update_are_dropped_if_they_mention_someone(
        self, body: bytes
    ) -> None:
        assert suppress(body, THEIRS) is None
        assert mentions_person(body, THEIRS)

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"{", b"not json", b"[1, 2]", b"15000000001 50000000012", b"\x1f\x8b\x00"),
            b"9" * 5_000,
            b"[" * 100_000,
        ],
    )
    def test_other_bytes_are_kept(self, body: bytes) -> None:
        assert suppress(body, THEIRS) is body
        assert not mentions_person(body, THEIRS)


SAMPLE = [each.body for each in deliveries(date(2026, 9, 1), 2, 200, zone=ZoneInfo("UTC"))]
PEOPLE = 2**51 + 1
"""The id of every user and chat in the updates of `Examples`."""


def every_update() -> list[bytes]:
    samples = Examples({"date": 1_790_000_000}, 1_790_000_001)
    every = ((kind, content) for kind in UPDATE_TYPES for content in samples.of(kind))
    return [json.dumps({"update_id": 0, kind: content}).encode() for kind, content in every]


def people_in(value: Any) -> set[int]:
    """Return the ids of the users, by a walk of its own."""
    if isinstance(value, list):
        return {found for each in value for found in people_in(each)}
    if not isinstance(value, dict):
        return set()
    inner = {found for each in value.values() for found in people_in(each)}
    own = [value.get("user_id"), value.get("user_chat_id")]
    if "first_name" in value and value.get("type") not in ("group", "supergroup", "channel"):
        own.append(value.get("id"))
    return inner | {each for each in own if isinstance(each, int) and each}


def usernames_of(user_id: int, body: bytes) -> list[str]:
    return re.findall(rf'"id":{user_id},[^{{}}]*"username":"(\w+)"', body.decode())


def is_conserved(before: Any, after: Any) -> bool:
    """Return whether an object lost nothing but people and what they wrote."""
    if after in (before, ERASED_USER):
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        is_envelope = after.get("from") == ERASED_USER
        origin = after.get("forward_origin") or {}
        may_lose = is_envelope or ERASED_USER in origin.values() or "quote" in before
        return (may_lose or before.keys() == after.keys()) and all(
            is_conserved(before[name], value) for name, value in after.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_conserved, before, after))
    if isinstance(before, str) and isinstance(after, str):
        pairs = zip(before, after, strict=True)
        return all(other in (one, BLANK) for one, other in pairs)
    return False


class TestEveryUpdate:
    def test_no_object_of_the_bot_api_keeps_a_person(self) -> None:
        theirs = tombstones_of(PEOPLE)
        for body in every_update():
            kept = suppress(body, theirs)
            left = people_in(json.loads(kept)) if kept else set()

            assert PEOPLE not in left, body

    def test_of_the_sample_nothing_of_a_person_is_left_and_of_others_everything(self) -> None:
        everyone = sorted({each for body in SAMPLE for each in people_in(json.loads(body))})
        for user_id in everyone[:12]:
            usernames = {each for body in SAMPLE for each in usernames_of(user_id, body)}
            digests = {identity_digest(Secret(KEY), Identity.USERNAME, each) for each in usernames}
            theirs = Tombstones(Secret(KEY), tombstones_of(user_id).digests | digests)
            for body in SAMPLE:
                kept = suppress(body, theirs)
                if kept is None:
                    continue
                assert suppress(kept, theirs) is kept
                assert str(user_id).encode() not in kept
                assert not any(name.encode() in kept for name in usernames)
                assert is_conserved(json.loads(body), json.loads(kept))


TEXTS = [
    *(f"@{USERNAME}", USERNAME, f"t.me/{USERNAME}", f"https://T.me/s/{USERNAME}", NAME, "Ana"),
    *(f"{USERNAME}.t.me", f"tg://user?id={ID}", f"é{ID}", f"1{ID}", f"\\{ID}", f'"{ID}', str(ID)),
]
scalars = (
    st.sampled_from(TEXTS)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
names = st.sampled_from(
    [
        *("id", "from", "chat", "user", "user_id", "text", "first_name", "type", "entities", "url"),
        *("x", "username", "data", "sender_user_name", "topic_id", "date", "phone_number"),
    ]
)
values = st.recursive(
    scalars | st.just(ID) | st.just(f"@{USERNAME}") | st.just(dict(ANA)) | st.just(dict(BETO)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


class TestAnyUpdate:
    @examples(max_examples=60, deadline=None)
    @given(content=st.dictionaries(names, values, max_size=5))
    @example(
        content={"entities": [{"type": "mention", "offset": -1, "length": 10**30}], "text": "x"}
    )
    @example(content={"entities": [{"offset": 1, "length": 2}, 3, None], "text": 5, "url": []})
    def test_no_person_is_left_and_a_second_pass_changes_nothing(
        self, content: dict[str, Any]
    ) -> None:
        update = {"update_id": 1, "message": content}
        body = json.dumps(update).encode()

        kept = suppress(body, THEIRS)

        # The quick check finds all that the thorough one does.
        assert (kept is None) == is_own(update, THEIRS)
        assert kept is not body or redact(update, THEIRS) == update
        if kept is not None:
            assert suppress(kept, THEIRS) is kept
            assert ID not in people_in(json.loads(kept))
            assert f"@{USERNAME}".encode() not in kept

    @examples(max_examples=100, deadline=None)
    @given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
    def test_any_bytes_are_returned_as_they_are_or_dropped(self, body: bytes) -> None:
        assert suppress(body, THEIRS) is (None if mentions_person(body, THEIRS) else body)


class TestCallsOfTheBot:
    @pytest.mark.parametrize(
        "call",
        [
            {"params": {"chat_id": str(ID), "text": "oi"}, "chat": {"id": ID}},
            {"params": {"text": "oi"}, "result": {"chat": ANAS_CHAT}, "chat": ANAS_CHAT},
            {"method": "sendGift", "params": {"user_id": str(ID), "text": "parabéns"}},
        ],
        ids=["without a result", "with a result", "without a chat"],
    )
    def test_nothing_is_left_of_what_the_bot_sent_them(self, call: dict[str, Any]) -> None:
        assert suppress(update("bot_call", date=10, **call), THEIRS) is None

    def test_a_reply_to_them_in_a_group_quotes_and_names_nobody(self) -> None:
        # Given a reply that mentions Ana by a link, and quotes her
        named = f'<a href="tg://user?id={ID}">Ana</a>, sim: segredo'
        mention = {"type": "text_mention", "offset": 0, "length": 3, "user": ANA}
        sent = {
            "message_id": 9,
            "date": 10,
            "chat": GROUP,
            "from": {"id": 7, "is_bot": True, "first_name": "Bot"},
            "text": "Ana, sim: segredo",
            "entities": [mention],
            "reply_to_message": HER_MESSAGE,
            "quote": {"text": "segredo"},
        }
        params = {
            "chat_id": "-100500",
            "text": named,
            "parse_mode": "HTML",
            "reply_parameters": {"message_id": 4, "quote": "segredo"},
        }

        left = redacted(
            update("bot_call", date=10, method="sendMessage", params=params, result=sent)
        )

        assert left["params"] == {
            "chat_id": "-100500",
            "text": blanks(len(named)),
            "parse_mode": "HTML",
            "reply_parameters": {"message_id": 4, "quote": blanks(7)},
        }
        assert left["result"]["reply_to_message"] == ENVELOPE
        assert left["result"]["text"] == "░░░, sim: segredo"

    def test_a_ban_stays_without_the_person(self) -> None:
        params = {"chat_id": -100500, "user_id": str(ID)}
        call = {"method": "banChatMember", "params": params, "chat": {"id": -100500}, "date": 10}

        assert redacted(update("bot_call", **call))["params"] == {
            "chat_id": -100500,
            "user_id": "0",
        }

    def test_other_calls_are_untouched(self) -> None:
        body = update("bot_call", date=10, chat={"id": 77}, params={"chat_id": "77", "text": "oi"})

        assert suppress(body, THEIRS) is body
