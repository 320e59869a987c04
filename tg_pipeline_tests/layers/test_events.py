"""What an update says becomes columns: everything that is no message."""

import json
from typing import Any

from tg_pipeline.layers.enriched_schema import EnrichedUpdate
from tg_pipeline.layers.enriched_updates import enrich_update

ANA = {"id": 5, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
TURMA = {"id": -100_5, "type": "supergroup", "title": "Turma", "username": "turma"}


def enriched(update_type: str, **content: Any) -> EnrichedUpdate:
    return enrich_update(json.dumps({"update_id": 1, update_type: content}).encode(), update_type)


def test_a_callback_hangs_on_a_message_and_has_no_time_of_its_own() -> None:
    message = {"message_id": 9, "date": 100, "chat": TURMA, "text": "Escolha"}

    row = enriched("callback_query", id="1", **{"from": ANA}, message=message, data="sim")

    assert (row.user_id, row.chat_id, row.message_id, row.callback_data) == (5, -100_5, 9, "sim")
    assert (row.date, row.event_at, row.text) == (None, None, None)


def test_a_callback_on_an_inaccessible_message_still_says_where() -> None:
    row = enriched(
        "callback_query", **{"from": ANA}, message={"message_id": 9, "date": 0, "chat": TURMA}
    )

    assert (row.chat_id, row.event_at) == (-100_5, None)


def test_a_reaction_says_what_was_added_and_what_was_removed() -> None:
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


def test_an_anonymous_reaction_has_the_chat_that_acted() -> None:
    row = enriched("message_reaction", chat=TURMA, actor_chat={"id": -100_8}, new_reaction=[])

    assert (row.user_id, row.sender_chat_id, row.reactions_added) == (None, -100_8, [])


def test_a_membership_says_whose_and_from_what_to_what() -> None:
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


def test_queries_polls_and_checkouts_keep_what_they_carry() -> None:
    assert enriched("inline_query", id="1", **{"from": ANA}, query="preço").query == "preço"
    assert enriched("chosen_inline_result", **{"from": ANA}, query="preço").query == "preço"
    assert enriched("poll", id="77").poll_id == "77"
    vote = enriched("poll_answer", poll_id="77", user=ANA, option_ids=[0])
    assert (vote.poll_id, vote.user_id) == ("77", 5)
    checkout = enriched(
        "pre_checkout_query", id="2", **{"from": ANA}, currency="XTR", total_amount=50
    )
    assert (checkout.currency, checkout.total_amount) == ("XTR", 50)


def test_whoever_acted_is_from_or_user() -> None:
    assert enriched("business_connection", user=ANA, date=100).user_id == 5
    assert (
        enriched("chat_join_request", chat=TURMA, **{"from": ANA}, date=100).user_username == "ana"
    )
    assert enriched("subscription", user=ANA).user_language_code == "pt-br"


def test_an_update_without_content_is_a_row_of_nulls() -> None:
    row = enrich_update(b'{"update_id": 1}', None)

    assert (row.user_id, row.content_type, row.fields_nulled) == (None, None, 0)
