"""What an operator can say, and what holds where nothing is said."""

import pytest

from lambda_ingest.settings import IngestSettings, Secret

LANDING = {"TG_LANDING_URI": "s3://landing/updates"}


def read(**settings: str) -> IngestSettings:
    return IngestSettings.from_environment(LANDING | settings)


def test_only_the_landing_zone_must_be_named() -> None:
    assert read() == IngestSettings(
        landing_uri="s3://landing/updates",
        timezone="America/Sao_Paulo",
        bot_id=0,
        secret_token=None,
        needs_secret_token=True,
        chat_ids=frozenset(),
        webhook_path=Secret("/telegram"),
        forward=None,
    )


def test_what_is_set_to_nothing_is_not_set() -> None:
    names = [
        *("TG_TIMEZONE", "TG_WEBHOOK_PATH", "TG_WITHOUT_SECRET_TOKEN"),
        *("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_ID", "TELEGRAM_SECRET_TOKEN"),
        *("TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID", "AWS_S3_BUCKET"),
        *("FORWARD_URL", "FORWARD_SECRET_TOKEN", "FORWARD_TIMEOUT_SECONDS"),
    ]

    assert read(**dict.fromkeys(names, "")) == read()


def test_the_original_s_bucket_is_where_updates_land_unless_something_newer_is_set() -> None:
    original = {"AWS_S3_BUCKET": "telegram-raw"}

    assert IngestSettings.from_environment(original).landing_uri == "s3://telegram-raw"
    assert read(**original).landing_uri == LANDING["TG_LANDING_URI"]


@pytest.mark.parametrize("name", ["TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID"])
@pytest.mark.parametrize(
    ("text", "chat_ids"),
    [
        ("-1001234567890", {-1001234567890}),
        ("5,-6", {5, -6}),
        (" 5 , -6 ,, 5 ", {5, -6}),
        ("-" + "9" * 18, {-(10**18) + 1}),
    ],
)
def test_the_chats_to_keep_are_named_by_their_ids(name: str, text: str, chat_ids: set[int]) -> None:
    assert read(**{name: text}).chat_ids == chat_ids


def test_the_original_s_chat_is_kept_unless_newer_chats_are_named() -> None:
    settings = read(TELEGRAM_CHAT_ID="-1", TELEGRAM_CHAT_IDS="-2,-3")

    assert settings.chat_ids == {-2, -3}


@pytest.mark.parametrize(
    ("settings", "bot_id"),
    [
        ({"TELEGRAM_BOT_TOKEN": "123456:AAF-x_y"}, 123456),
        ({"TELEGRAM_BOT_ID": "123456"}, 123456),
        ({"TELEGRAM_BOT_TOKEN": "5:AAF", "TELEGRAM_BOT_ID": "6"}, 5),
        ({"TELEGRAM_BOT_TOKEN": "5:a:b"}, 5),
        ({"TELEGRAM_BOT_ID": "9" * 18}, 10**18 - 1),
    ],
)
def test_the_bot_is_the_part_of_its_token_before_the_colon_or_the_id_alone(
    settings: dict[str, str], bot_id: int
) -> None:
    assert read(**settings).bot_id == bot_id


@pytest.mark.parametrize("token", ["a", "A-b_9", "x" * 256])
def test_a_secret_token_is_what_telegram_takes_for_one(token: str) -> None:
    assert read(TELEGRAM_SECRET_TOKEN=token).secret_token == Secret(token)


@pytest.mark.parametrize(
    ("text", "needs"), [("yes", False), ("no", True), ("Yes", True), ("1", True), ("true", True)]
)
def test_only_a_plain_yes_does_without_a_secret(text: str, *, needs: bool) -> None:
    assert read(TG_WITHOUT_SECRET_TOKEN=text).needs_secret_token is needs


@pytest.mark.parametrize(
    ("text", "path"),
    [("/telegram", "/telegram"), ("/a/b/", "/a/b"), ("/", "/"), ("//", "/"), ("/5:AAF", "/5:AAF")],
)
def test_the_webhook_s_path_is_told_without_its_last_slash(text: str, path: str) -> None:
    assert read(TG_WEBHOOK_PATH=text).webhook_path.reveal() == path


@pytest.mark.parametrize("name", ["UTC", "Asia/Kathmandu", "Europe/Lisbon"])
def test_days_are_counted_in_the_zone_that_is_named(name: str) -> None:
    settings = read(TG_TIMEZONE=name)

    assert (settings.timezone, settings.zone.key) == (name, name)


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example/5:AAF",
        "http://127.0.0.1:8080",
        "https://[::1]/hook?token=AAF&a=%20b",
    ],
)
def test_a_bot_behind_the_door_is_named_by_its_address(url: str) -> None:
    settings = {"FORWARD_URL": url, "FORWARD_SECRET_TOKEN": "AAF"}

    forward = read(**settings).forward

    assert forward is not None
    assert (forward.url, forward.secret_token) == (Secret(url), Secret("AAF"))


@pytest.mark.parametrize(("text", "seconds"), [("", 25.0), ("0.5", 0.5), ("50", 50.0)])
def test_the_bot_behind_the_door_has_so_many_seconds_to_answer(text: str, seconds: float) -> None:
    forward = read(FORWARD_URL="http://bot", FORWARD_TIMEOUT_SECONDS=text).forward

    assert forward is not None
    assert forward.seconds == seconds
    assert forward.secret_token is None


def test_without_a_bot_behind_the_door_its_other_settings_are_not_looked_at() -> None:
    others = {"FORWARD_SECRET_TOKEN": "é", "FORWARD_TIMEOUT_SECONDS": "soon"}

    assert read(**others).forward is None
