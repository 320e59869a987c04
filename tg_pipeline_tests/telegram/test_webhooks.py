"""What getWebhookInfo reports becomes a diagnosis: what is wrong, and what to do about it."""

from datetime import UTC, datetime, timedelta

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.models import UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.webhooks import (
    age_in_words,
    diagnose,
    explain_delivery_error,
    redact_webhook_info,
)

NOW = datetime(2026, 11, 7, 12, tzinfo=UTC)


def info(**more: object) -> WebhookInfo:
    working = {
        "url": "https://bot.example/…",
        "max_connections": 40,
        "allowed_updates": list(UPDATE_TYPES),
    }
    return WebhookInfo(**(working | more))  # type: ignore[arg-type]


def ago(**how_long: float) -> int:
    return int((NOW - timedelta(**how_long)).timestamp())


def diagnosis(**more: object) -> str:
    return "\n".join(diagnose(info(**more), NOW))


def test_a_working_webhook_has_only_a_hint_about_administrators() -> None:
    assert diagnosis() == (
        "message_reaction, message_reaction_count, chat_member: sent only where the bot is an "
        "administrator."
    )


def test_without_a_webhook_there_are_two_ways_to_continue() -> None:
    said = diagnosis(url="", allowed_updates=None)

    assert "No webhook is set: tg-pipeline webhook set https://… sets one" in said
    assert "tg-pipeline poll" in said
    assert "pending" not in said
    assert "3 updates are pending, and each is lost 24 hours" in diagnosis(
        url="", pending_update_count=3
    )


def test_an_error_is_explained_with_its_age_and_the_updates_at_risk() -> None:
    said = diagnosis(
        last_error_date=ago(minutes=5),
        last_error_message="Wrong response from the webhook: 403 Forbidden",
        pending_update_count=1_204,
    )

    assert "was 5 minutes ago: Wrong response from the webhook: 403 Forbidden." in said
    assert "The secret differs" in said
    assert "1,204 updates are pending, and each is lost 24 hours after it happened." in said


@pytest.mark.parametrize("more", [{"pending_update_count": 0}, {"last_error_date": ago(days=2)}])
def test_an_error_is_resolved_if_nothing_is_pending_or_it_is_old(more: dict[str, int]) -> None:
    failing = {"last_error_date": ago(minutes=1), "pending_update_count": 1}

    said = diagnosis(**(failing | more), last_error_message="Connection refused")

    assert "ago: Connection refused. It is resolved." in said
    assert "pending" not in said


def test_a_backlog_without_an_error_means_the_endpoint_is_too_slow() -> None:
    said = diagnosis(pending_update_count=500, max_connections=5)

    assert "500 updates are pending: they arrive faster than the endpoint takes them" in said
    assert "more --max-connections (now 5)" in said


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        (None, "message_reaction, message_reaction_count, chat_member"),
        (
            [name for name in UPDATE_TYPES if name not in {"poll", "chat_member"}],
            "poll, chat_member",
        ),
        ([*UPDATE_TYPES, "telepathy"], ""),
    ],
)
def test_missing_types_are_reported(allowed: list[str] | None, missing: str) -> None:
    said = diagnosis(allowed_updates=allowed)

    assert (f"Not sent: {missing}." in said) == bool(missing)
    assert "telepathy" not in said


def test_an_internal_problem_of_telegram_is_reported_for_an_hour() -> None:
    assert "an internal problem 10 minutes ago" in diagnosis(
        last_synchronization_error_date=ago(minutes=10)
    )
    assert "problem" not in diagnosis(last_synchronization_error_date=ago(hours=2))


def test_redacted_info_contains_neither_token_nor_path() -> None:
    token = Secret("7:AAH-secret")
    raw = info(
        url="https://bot.example/7:AAH-secret",
        last_error_message="Can't reach https://bot.example/7:AAH-secret",
    )

    shown = redact_webhook_info(raw, token)

    assert shown.url == "https://bot.example/…"
    assert shown.last_error_message == "Can't reach https://bot.example/…"
    assert redact_webhook_info(WebhookInfo(), token) == WebhookInfo()


EXPLANATIONS = {
    "Wrong response from the webhook: 401 Unauthorized": "FORWARD_SECRET_TOKEN",
    "Wrong response from the webhook: 403 Forbidden": "The secret differs",
    "Wrong response from the webhook: 404 Not Found": "TG_WEBHOOK_PATH",
    "Wrong response from the webhook: 405 Method Not Allowed": "accepts no POST",
    "Wrong response from the webhook: 413 Request Entity Too Large": "long bodies",
    "Wrong response from the webhook: 302 Found": "follows no redirects",
    "Wrong response from the webhook: 500 Internal Server Error": "could not store",
    "Wrong response from the webhook: 504 Gateway Timeout": "FORWARD_URL",
    "Connection refused": "Nothing listens",
    "Can't connect to the webhook": "149.154.160.0/20",
    "Read timeout expired": "answers too late",
    "Connection reset by peer": "closes the connection",
    "SSL error {error:0A000086:SSL routines::certificate verify failed}": "--certificate",
    "Failed to resolve host: Name or service not known": "DNS",
    "IP address 10.0.0.1 is reserved": "private",
    "IPv6-only addresses are not allowed": "A record",
}


@pytest.mark.parametrize("message", EXPLANATIONS)
def test_a_failed_delivery_is_explained(message: str) -> None:
    assert EXPLANATIONS[message] in explain_delivery_error(message)


@pytest.mark.parametrize("message", ["", "Wrong response from the webhook: ???"])
def test_an_unknown_error_is_not_explained(message: str) -> None:
    assert explain_delivery_error(message) == ""


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (ago(seconds=1), "1 second ago"),
        (ago(seconds=59), "59 seconds ago"),
        (ago(hours=23, minutes=59), "23 hours ago"),
        (ago(days=30), "30 days ago"),
        (ago(hours=-1), "0 seconds ago"),
    ],
)
def test_an_age_is_written_in_its_largest_unit(second: int, words: str) -> None:
    assert age_in_words(second, NOW) == words
