"""A call of the bot becomes a row: what it sent, to whom, and whether it succeeded."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_ingest.landing import LandedUpdate, RejectedBody, TrustLevel, classify
from lambda_ingest.synthetic.bot_calls import BotCall, CallSource, bot_call_lines
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID, is_synthetic, synthetic_id
from tg_pipeline.layers.drift import DriftCounter
from tg_pipeline.layers.enriched.schema import EnrichedUpdate
from tg_pipeline.layers.enriched.updates import enrich_update
from tg_pipeline.telegram.decoding import read_envelope

BOT = 7
NOON = datetime(2026, 10, 7, 15, tzinfo=UTC)
SECOND = int(NOON.timestamp())
ANA = {"id": 5, "type": "private", "first_name": "Ana"}
SENT = {
    "message_id": 40,
    "date": SECOND + 1,
    "chat": ANA,
    "from": {"id": BOT, "is_bot": True, "first_name": "Bot"},
    "text": "Abrimos às 9h",
}


def call(method: str, **parts: Any) -> BotCall:
    params = parts.pop("params", {"chat_id": "5"})
    source = parts.pop("source", CallSource.PROXY)
    return BotCall(method, params, source, NOON, parts.pop("identity", b"1"), **parts)


def rows(each: BotCall) -> list[EnrichedUpdate]:
    found = []
    for line in bot_call_lines(each):
        envelope = read_envelope(line)
        row = enrich_update(line, envelope.update_type, bot_id=BOT, update_id=envelope.update_id)
        found.append(row)
    return found


def test_a_message_that_the_bot_sent_fills_the_columns_of_a_message() -> None:
    # Given a successful send
    sent = call("sendMessage", ok=True, result=SENT, milliseconds=83)

    # When it is enriched
    (row,) = rows(sent)

    # Then it is a message of the bot itself, with what is known of the call
    assert (row.origin, row.message_kind, row.is_own, row.is_edit) == (
        *("call", "message"),
        *(True, False),
    )
    assert (row.message_id, row.chat_id, row.chat_type, row.user_id) == (40, 5, "private", BOT)
    assert (row.text, row.content_type) == ("Abrimos às 9h", "text")
    assert row.event_at == (SECOND + 1) * 1_000_000
    assert (row.call_method, row.call_ok, row.call_ms) == ("sendMessage", True, 83)
    # And it is no message that somebody else wrote
    assert not row.is_written
    assert row.person_id is None
    assert row.activity is None


def test_a_failed_call_has_a_reason_and_no_message() -> None:
    # Given a send to somebody who blocked the bot
    error = {
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }

    # When it is enriched
    (row,) = rows(call("sendMessage", ok=False, error=error))

    # Then it says why, to whom and when, but is no message
    assert (row.call_ok, row.call_error_code, row.call_retry_after) == (False, 429, 3)
    assert row.call_description == "Too Many Requests: retry after 3"
    assert (row.chat_id, row.user_id, row.message_kind) == (5, BOT, None)
    assert row.event_at == SECOND * 1_000_000


def test_each_message_of_an_album_is_a_row() -> None:
    # Given a call that sent two messages
    album = [{**SENT, "message_id": each, "text": None} for each in (41, 42)]

    # When it is enriched
    found = rows(call("sendMediaGroup", ok=True, result=album))

    # Then each is a row with its number
    assert [(row.message_id, row.call_part) for row in found] == [(41, 0), (42, 1)]


@pytest.mark.parametrize(
    "method", ["editMessageText", "EDITMESSAGETEXT", "stopMessageLiveLocation"]
)
def test_an_edit_is_a_later_version_of_its_message(method: str) -> None:
    (row,) = rows(call(method, ok=True, result={**SENT, "edit_date": SECOND + 9}))

    assert (row.is_edit, row.message_id) == (True, 40)
    assert row.event_at == (SECOND + 9) * 1_000_000


def test_a_copied_message_is_known_by_its_id_alone() -> None:
    # Given a copy, of which Telegram returns nothing but the id
    params = {"chat_id": 5, "from_chat_id": -100, "message_id": 3}

    (row,) = rows(call("copyMessage", params=params, ok=True, result={"message_id": 44}))

    assert (row.message_id, row.chat_id, row.is_own, row.text) == (44, 5, True, None)


@pytest.mark.parametrize(
    ("method", "content", "content_type"),
    [
        ("sendMessage", {"text": "Oi"}, "text"),
        ("sendVideoNote", {"video_note": "id"}, "video_note"),
    ],
)
def test_a_reply_to_a_webhook_call_is_a_message_whose_outcome_is_unknown(
    method: str, content: dict[str, str], content_type: str
) -> None:
    # Given a reply, of which Telegram does not tell the outcome
    params = {"chat_id": "5", **content}
    reply = call(method, params=params, source=CallSource.WEBHOOK_REPLY, answers_update_id=9)

    # When it is enriched
    (row,) = rows(reply)

    # Then it is a message without an id
    assert (row.message_kind, row.message_id, row.call_ok) == ("message", None, None)
    assert (row.content_type, row.answers_update_id, row.is_own) == (content_type, 9, True)


def test_a_send_whose_recording_was_interrupted_is_no_message() -> None:
    (row,) = rows(call("sendMessage", params={"chat_id": 5, "text": "Oi"}))

    assert (row.call_ok, row.message_kind) == (None, None)


@pytest.mark.parametrize("result", [True, "https://t.me/+x", {"id": 3}, [], ["x"], 5])
def test_results_that_are_no_message_are_calls_all_the_same(result: object) -> None:
    (row,) = rows(call("approveChatJoinRequest", ok=True, result=result))

    assert (row.call_method, row.message_kind, row.fields_nulled) == (
        *("approveChatJoinRequest", None),
        0,
    )


def test_an_update_of_that_name_with_an_ordinary_id_is_no_call() -> None:
    # Given an update of the network that looks like a call
    (line,) = bot_call_lines(call("sendMessage", ok=True, result=SENT))

    # When it has an id that the network may have
    row = enrich_update(line, "bot_call", bot_id=BOT, update_id=12)

    # Then it is an update of a type that nobody knows
    assert (row.origin, row.message_kind, row.call_method) == ("update", None, None)


def test_new_fields_of_messages_are_noticed_in_calls_too() -> None:
    drift = DriftCounter()
    (line,) = bot_call_lines(call("sendMessage", ok=True, result={**SENT, "aura": {"hue": 3}}))

    enrich_update(line, "bot_call", drift, BOT, read_envelope(line).update_id)

    assert [each.place for each in drift.in_order()] == ["message.aura"]


@pytest.mark.parametrize(
    ("trust", "is_stored"),
    [(TrustLevel.NETWORK, False), (TrustLevel.PROXY, True), (TrustLevel.OPERATOR, True)],
)
def test_the_network_cannot_forge_a_call(trust: TrustLevel, *, is_stored: bool) -> None:
    # Given the line of a call
    (line,) = bot_call_lines(call("sendMessage", ok=True, result=SENT))

    # When it arrives
    found = classify(line, bot_id=BOT, arrived_at=NOON, zone=UTC, trust=trust)

    # Then only this program and an operator may store it
    assert isinstance(found, LandedUpdate if is_stored else RejectedBody)


def test_an_ordinary_update_cannot_have_a_reserved_id() -> None:
    body = b'{"update_id": %d, "message": {"message_id": 1}}' % FIRST_SYNTHETIC_ID

    found = classify(body, bot_id=BOT, arrived_at=NOON, zone=UTC, trust=TrustLevel.OPERATOR)

    assert isinstance(found, RejectedBody)
    assert "reserved" in found.reason


def test_ids_ascend_with_the_time_and_are_the_same_for_the_same_call() -> None:
    ids = [synthetic_id(second, b"x") for second in (0, SECOND, SECOND + 1, 2**40)]

    assert ids == sorted(set(ids))
    assert all(is_synthetic(each) and each < 2**63 for each in ids)
    assert list(bot_call_lines(call("sendMessage", result=SENT))) == list(
        bot_call_lines(call("sendMessage", result=SENT))
    )
