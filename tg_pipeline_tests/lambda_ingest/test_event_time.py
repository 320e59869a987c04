"""When an update happened, by its own account."""

from typing import Any

import pytest

from lambda_ingest.landing import event_time

SENT, EDITED = 1_791_378_000, 1_791_379_000


def update(kind: str, content: Any) -> dict[str, Any]:
    return {"update_id": 5, kind: content}


@pytest.mark.parametrize(
    "kind",
    [
        *("message", "channel_post", "business_message", "guest_message"),
        *("message_reaction", "message_reaction_count", "chat_join_request"),
        *("my_chat_member", "chat_member", "business_connection"),
    ],
)
def test_what_has_a_date_happened_at_its_date(kind: str) -> None:
    assert event_time(update(kind, {"date": SENT})) == SENT


@pytest.mark.parametrize(
    "kind", ["edited_message", "edited_channel_post", "edited_business_message"]
)
def test_an_edit_happened_when_it_was_edited_not_when_it_was_sent(kind: str) -> None:
    assert event_time(update(kind, {"date": SENT, "edit_date": EDITED})) == EDITED


def test_an_edit_without_its_own_date_does_not_borrow_the_sending_date() -> None:
    assert event_time(update("edited_message", {"date": SENT})) is None


def test_a_message_that_was_edited_since_still_happened_when_it_was_sent() -> None:
    assert event_time(update("message", {"date": SENT, "edit_date": EDITED})) == SENT


@pytest.mark.parametrize("date_of_message", [SENT, 0])
def test_a_callback_does_not_take_the_date_of_the_message_it_is_under(date_of_message: int) -> None:
    callback = {"id": "1", "message": {"date": date_of_message}}

    assert event_time(update("callback_query", callback)) is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("inline_query", {"query": "when"}),
        ("chosen_inline_result", {"query": "when"}),
        ("poll", {"id": "1", "close_date": SENT}),
        ("poll_answer", {"poll_id": "1"}),
        ("pre_checkout_query", {"currency": "BRL"}),
        ("deleted_business_messages", {"message_ids": [1]}),
    ],
)
def test_a_query_a_poll_and_their_like_do_not_say_when(kind: str, content: Any) -> None:
    assert event_time(update(kind, content)) is None


def test_a_type_that_nobody_knows_yet_is_believed_on_its_date() -> None:
    assert event_time(update("telepathy", {"date": SENT})) == SENT
    assert event_time(update("edited_telepathy", {"date": SENT, "edit_date": EDITED})) == EDITED


@pytest.mark.parametrize(
    "date",
    [True, False, 1.5, float(SENT), 0, -1, 253_402_300_800, 10**30, str(SENT), None, [SENT], {}],
    ids=repr,
)
def test_what_is_no_second_between_1970_and_9999_is_no_date(date: Any) -> None:
    assert event_time(update("message", {"date": date})) is None


def test_the_first_and_the_last_second_are_dates() -> None:
    assert event_time(update("message", {"date": 1})) == 1
    assert event_time(update("message", {"date": 253_402_300_799})) == 253_402_300_799


@pytest.mark.parametrize("content", [5, "text", None, [], [{"date": SENT}], True])
def test_content_that_is_no_object_has_no_date(content: Any) -> None:
    assert event_time(update("message", content)) is None


def test_an_update_without_content_has_no_date() -> None:
    assert event_time({"update_id": 5}) is None


def test_of_several_contents_the_first_object_tells() -> None:
    several = {"update_id": 5, "note": "x", "message": {"date": SENT}, "other": {"date": EDITED}}

    assert event_time(several) == SENT


def test_an_object_in_the_place_of_the_id_is_not_asked() -> None:
    assert event_time({"update_id": {"date": SENT}}) is None
