"""What Telegram says of a webhook becomes what to do about it."""

from datetime import UTC, datetime, timedelta

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.models import UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.webhooks import advise, age_in_words, explain_delivery_error, scrub

NOW = datetime(2026, 11, 7, 12, tzinfo=UTC)


def info(**more: object) -> WebhookInfo:
    """Give a webhook that all updates go to, and that works."""
    working = {
        "url": "https://bot.example/…",
        "max_connections": 40,
        "allowed_updates": list(UPDATE_TYPES),
    }
    return WebhookInfo(**(working | more))  # type: ignore[arg-type]


def ago(**how_long: float) -> int:
    return int((NOW - timedelta(**how_long)).timestamp())


def advice(**more: object) -> str:
    return "\n".join(advise(info(**more), NOW))


def test_a_webhook_that_works_needs_one_hint_only() -> None:
    assert advice() == (
        "message_reaction, message_reaction_count, chat_member: sent only where the bot is an "
        "administrator."
    )


def test_without_a_webhook_there_are_two_ways_to_go_on() -> None:
    said = advice(url="", allowed_updates=None)

    assert "No webhook is set: tg-pipeline webhook set https://… sets one" in said
    assert "tg-pipeline poll" in said
    assert "wait" not in said


def test_without_a_webhook_what_waits_is_told() -> None:
    assert "3 updates wait, and each is lost 24 hours" in advice(url="", pending_update_count=3)


def test_an_error_is_told_with_its_age_its_meaning_and_what_is_at_stake() -> None:
    said = advice(
        last_error_date=ago(minutes=5),
        last_error_message="Wrong response from the webhook: 403 Forbidden",
        pending_update_count=1_204,
    )

    assert "was 5 minutes ago: Wrong response from the webhook: 403 Forbidden." in said
    assert "The secret differs" in said
    assert "1,204 updates wait, and each is lost 24 hours after it happened." in said


@pytest.mark.parametrize("more", [{"pending_update_count": 0}, {"last_error_date": ago(days=2)}])
def test_an_error_is_over_where_nothing_waits_or_where_it_is_old(more: dict[str, int]) -> None:
    failing = {"last_error_date": ago(minutes=1), "pending_update_count": 1}

    said = advice(**(failing | more), last_error_message="Connection refused")

    assert "ago: Connection refused. That is over." in said
    assert "wait" not in said


def test_many_that_wait_without_an_error_are_a_door_that_is_too_slow() -> None:
    said = advice(pending_update_count=500, max_connections=5)

    assert "500 updates wait: they come faster than the door takes them" in said
    assert "more --max-connections (now 5)" in said


def test_types_that_are_off_unless_named_are_missed() -> None:
    said = advice(allowed_updates=None)

    assert "Not sent: message_reaction, message_reaction_count, chat_member. Their rows" in said
    assert "administrator" not in said


def test_types_that_were_left_out_are_missed() -> None:
    allowed = [name for name in UPDATE_TYPES if name not in {"poll", "chat_member"}]

    said = advice(allowed_updates=allowed)

    assert "Not sent: poll, chat_member." in said
    assert "message_reaction, message_reaction_count: sent only where" in said


def test_a_type_of_tomorrow_is_no_matter() -> None:
    assert "telepathy" not in advice(allowed_updates=[*UPDATE_TYPES, "telepathy"])


def test_trouble_of_telegrams_own_is_told_for_an_hour() -> None:
    assert "trouble of its own 10 minutes ago" in advice(
        last_synchronization_error_date=ago(minutes=10)
    )
    assert "trouble" not in advice(last_synchronization_error_date=ago(hours=2))


def test_what_is_shown_holds_neither_token_nor_path() -> None:
    token = Secret("7:AAH-secret")
    raw = info(
        url="https://bot.example/7:AAH-secret",
        last_error_message="Can't reach https://bot.example/7:AAH-secret",
    )

    shown = scrub(raw, token)

    assert shown.url == "https://bot.example/…"
    assert shown.last_error_message == "Can't reach https://bot.example/…"
    assert scrub(WebhookInfo(), token) == WebhookInfo()


MEANINGS = {
    "Wrong response from the webhook: 401 Unauthorized": "FORWARD_SECRET_TOKEN",
    "Wrong response from the webhook: 403 Forbidden": "The secret differs",
    "Wrong response from the webhook: 404 Not Found": "TG_WEBHOOK_PATH",
    "Wrong response from the webhook: 405 Method Not Allowed": "takes no POST",
    "Wrong response from the webhook: 410 Gone": "Telegram deletes the webhook",
    "Wrong response from the webhook: 413 Request Entity Too Large": "long bodies",
    "Wrong response from the webhook: 418 I'm a teapot": "may not be the door's",
    "Wrong response from the webhook: 429 Too Many Requests": "fewer --max-connections",
    "Wrong response from the webhook: 302 Found": "follows no redirect",
    "Wrong response from the webhook: 500 Internal Server Error": "could not store",
    "Wrong response from the webhook: 502 Bad Gateway": "FORWARD_URL",
    "Wrong response from the webhook: 503 Service Unavailable": "FORWARD_URL",
    "Wrong response from the webhook: 504 Gateway Timeout": "FORWARD_URL",
    "Connection refused": "Nothing listens",
    "Connection timed out": "149.154.160.0/20",
    "Can't connect to the webhook": "149.154.160.0/20",
    "No route to host": "149.154.160.0/20",
    "Read timeout expired": "answers too late",
    "Write timeout expired": "answers too late",
    "Connection closed": "hangs up",
    "Connection reset by peer": "hangs up",
    "SSL error {error:0A000086:SSL routines::certificate verify failed}": "--certificate",
    "Can't create an SSL connection: x": "--certificate",
    "Failed to resolve host: Name or service not known": "DNS",
    "Failed to resolve host: No address associated with hostname": "DNS",
    "IP address 10.0.0.1 is reserved": "private",
    "IPv6-only addresses are not allowed": "A record",
}


@pytest.mark.parametrize("message", MEANINGS)
def test_a_failed_delivery_has_a_meaning(message: str) -> None:
    assert MEANINGS[message] in explain_delivery_error(message)


@pytest.mark.parametrize("message", ["", "Something new", "Wrong response from the webhook: ???"])
def test_what_is_not_known_is_not_explained(message: str) -> None:
    assert explain_delivery_error(message) == ""


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (ago(), "0 seconds ago"),
        (ago(seconds=1), "1 second ago"),
        (ago(seconds=59), "59 seconds ago"),
        (ago(minutes=1), "1 minute ago"),
        (ago(hours=23, minutes=59), "23 hours ago"),
        (ago(days=30), "30 days ago"),
        (ago(hours=-1), "0 seconds ago"),
    ],
)
def test_an_age_is_told_by_its_largest_unit(second: int, words: str) -> None:
    assert age_in_words(second, NOW) == words
