"""Dropped fields and texts leave an update of the same type, and its figures keep their meaning."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.landing import chat_id_of, event_time, migration_of, parse_update
from lambda_ingest.privacy.minimization import DROPPABLE, KEPT_EMPTY, NO_MINIMIZATION, Minimization
from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.layers.enriched.updates import enrich_update
from tg_pipeline.sample import deliveries
from tg_pipeline.telegram.decoding import read_envelope
from tg_pipeline.telegram.fields import SERVICE_MESSAGES
from tg_pipeline_tests.lambda_ingest.conftest import update

SAMPLE = [each.body for each in deliveries(date(2026, 9, 1), 3, 300, zone=ZoneInfo("UTC"))]
TEXTS = Minimization(drops_text=True)


def minimized(minimization: Minimization, kind: str = "message", /, **content: Any) -> Any:
    body = update(1, kind, **content)
    kept = minimization.apply(body)
    assert minimization.apply(kept) is kept
    return {name: value for name, value in json.loads(kept)[kind].items() if name != "date"}


class TestFields:
    def test_a_field_is_removed_wherever_it_is(self) -> None:
        fields = Minimization(frozenset({"contact", "phone_number", "language_code"}))
        person = {"id": 7, "first_name": "Beto"}

        left = minimized(
            fields,
            contact={"phone_number": "1"},
            reply_to_message={"message_id": 3, "contact": {}, "from": person},
            successful_payment={"order_info": {"name": "x", "phone_number": "2"}},
            **{"from": person | {"language_code": "pt"}},
        )

        assert left == {
            "reply_to_message": {"message_id": 3, "from": person},
            "successful_payment": {"order_info": {"name": "x"}},
            "from": person,
        }

    def test_a_service_message_stays_one(self) -> None:
        for name in KEPT_EMPTY:
            left = minimized(Minimization(frozenset({name})), **{name: {"data": "x"}})

            assert left == {name: {}}

    def test_no_field_can_be_dropped_that_a_service_message_or_an_update_needs(self) -> None:
        structure = {name for fields in UPDATE_FIELDS.values() for paths in
                     (fields.time, fields.actor, fields.chat, fields.private_chat)
                     for path in paths for name in path}  # fmt: skip

        assert DROPPABLE.isdisjoint({"id", "update_id", "type", *structure, *UPDATE_FIELDS})
        assert DROPPABLE & SERVICE_MESSAGES == KEPT_EMPTY

    def test_an_update_without_them_keeps_its_bytes(self) -> None:
        body = update(1, text="contact", entities=[])

        assert Minimization(frozenset({"contact"})).apply(body) is body
        assert NO_MINIMIZATION.apply(body) is body

    def test_the_first_of_two_equal_names_is_not_kept(self) -> None:
        body = b'{"update_id":1,"message":{"contact":{"vcard":"x"},"contact":null,"date":5}}'

        kept = Minimization(frozenset({"vcard"})).apply(body)

        assert json.loads(kept) == {"update_id": 1, "message": {"contact": None, "date": 5}}
        assert b"vcard" not in kept


class TestTexts:
    @pytest.mark.parametrize(
        ("kind", "sent", "left"),
        [
            ("message", {"text": "oi", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
             {"text": "░"}),
            ("message", {"photo": [{"file_id": "x"}], "caption": "oi", "caption_entities": []},
             {"photo": [{"file_id": "x"}], "caption": "░"}),
            ("message", {"quote": {"text": "oi", "position": 3, "entities": []}},
             {"quote": {"text": "░", "position": 3}}),
            ("message", {"poll": {"question": "a?", "options": [{"text": "b", "voter_count": 0}],
                                  "description": "c", "explanation": "d"}},
             {"poll": {"question": "░", "options": [{"text": "░", "voter_count": 0}],
                       "description": "░", "explanation": "░"}}),
            ("message", {"checklist": {"title": "a", "tasks": [{"id": 1, "text": "b"}]}},
             {"checklist": {"title": "░", "tasks": [{"id": 1, "text": "░"}]}}),
            ("message", {"rich_message": {"blocks": [{"type": "pre", "text": [{"text": "b"}]}]}},
             {"rich_message": {"blocks": [{"type": "paragraph", "text": "░"}]}}),
            ("message", {"reply_to_message": {"text": "oi"}, "document": {"file_name": "oi.pdf"}},
             {"reply_to_message": {"text": "░"}, "document": {"file_name": "░"}}),
            ("inline_query", {"query": "oi"}, {"query": "░"}),
            ("inline_query", {"query": ""}, {"query": ""}),
            ("callback_query", {"data": "menu:1"}, {"data": "menu:1"}),
            ("chat_join_request", {"bio": "oi"}, {"bio": "░"}),
            ("message", {"web_app_data": {"data": "oi", "button_text": "Enviar"}},
             {"web_app_data": {"data": "░", "button_text": "Enviar"}}),
        ],
    )  # fmt: skip
    def test_what_people_wrote_becomes_one_character(
        self, kind: str, sent: dict[str, Any], left: dict[str, Any]
    ) -> None:
        assert minimized(TEXTS, kind, **sent) == left

    @pytest.mark.parametrize(
        ("text", "length", "left"),
        [
            ("/start", 6, "/start"),
            ("/ban@a_bot o beto", 10, "/ban@a_bot ░"),
            ("oi gente", 2, "░"),
        ],
    )
    def test_a_command_stays_without_what_follows_it(
        self, text: str, length: int, left: str
    ) -> None:
        command = {"type": "bot_command", "offset": 0, "length": length}
        others = [{"type": "bold", "offset": 0, "length": 9}, command | {"offset": 7}]

        kept = minimized(TEXTS, text=text, entities=[others[0], command, others[1]])

        assert kept["text"] == left
        assert kept.get("entities") == ([command] if left[0] == "/" else None)


KEPT_COLUMNS = (
    *("update_type", "event_at", "chat_id", "user_id", "person_id", "activity", "is_written"),
    *("is_service", "content_type", "command", "command_bot", "message_id", "reply_to_user_id"),
    *("media_group_id", "callback_data", "forward_origin_type", "poll_id", "new_chat_member_ids"),
)


class TestFigures:
    @pytest.mark.parametrize(
        "minimization",
        [TEXTS, Minimization(frozenset({"language_code", "first_name"}), drops_text=True)],
    )
    def test_of_the_sample_are_the_same_and_no_text_is_left(
        self, minimization: Minimization
    ) -> None:
        for body in SAMPLE:
            kept = minimization.apply(body)
            before, after = parse_update(body), parse_update(kept)
            assert [each(after) for each in (event_time, chat_id_of, migration_of)] == [
                each(before) for each in (event_time, chat_id_of, migration_of)
            ]
            rows = [enrich_update(each, read_envelope(each).update_type) for each in (body, kept)]
            for name in KEPT_COLUMNS:
                assert getattr(rows[1], name) == getattr(rows[0], name), (name, body)
            text = rows[0].text or rows[0].caption
            if text and not rows[0].command:
                assert (rows[1].text or rows[1].caption) == "░"
                assert json.dumps(text)[1:-1].encode() not in kept


def test_the_texts_of_a_bot_s_calls_are_removed_as_those_of_messages() -> None:
    call = {
        "method": "sendPoll",
        "params": {
            "chat_id": "5",
            "question": "quando?",
            "options": ["segunda", {"text": "terça"}],
            "reply_parameters": {"message_id": 3, "quote": "segredo"},
            "media": [{"type": "photo", "caption": "segredo"}],
            "results": [{"input_message_content": {"message_text": "segredo"}}],
        },
        "result": {"message_id": 4, "text": "segredo"},
    }

    left = minimized(TEXTS, "bot_call", **call)

    assert left["params"] == {
        "chat_id": "5",
        "question": "░",
        "options": ["░", {"text": "░"}],
        "reply_parameters": {"message_id": 3, "quote": "░"},
        "media": [{"type": "photo", "caption": "░"}],
        "results": [{"input_message_content": {"message_text": "░"}}],
    }
    assert left["result"] == {"message_id": 4, "text": "░"}
