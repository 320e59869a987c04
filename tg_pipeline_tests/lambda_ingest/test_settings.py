"""Settings are read from the environment; errors name the setting and never show a secret."""

import copy
import traceback
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.settings import IngestSettings, Secret, SettingsError

LANDING = {"TG_LANDING_URI": "s3://landing/updates"}


def read(**settings: str) -> IngestSettings:
    return IngestSettings.from_environment(LANDING | settings)


def test_only_the_landing_zone_is_required() -> None:
    assert read() == IngestSettings(
        landing_uri="s3://landing/updates",
        timezone="America/Sao_Paulo",
        bot_id=0,
        secret_token=None,
        needs_secret_token=True,
        chat_ids=frozenset(),
        webhook_path=None,
        forward=None,
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [
        *("TG_TIMEZONE", "TG_WEBHOOK_PATH", "TG_WITHOUT_SECRET_TOKEN"),
        *("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_ID", "TELEGRAM_SECRET_TOKEN"),
        *("TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID", "AWS_S3_BUCKET"),
        *("FORWARD_URL", "FORWARD_SECRET_TOKEN", "FORWARD_TIMEOUT_SECONDS"),
    ]

    assert read(**dict.fromkeys(names, "")) == read()


def test_the_bucket_of_the_original_course_is_the_fallback() -> None:
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
def test_chats_are_chosen_by_their_ids(name: str, text: str, chat_ids: set[int]) -> None:
    assert read(**{name: text}).chat_ids == chat_ids


def test_the_chat_of_the_original_course_is_the_fallback() -> None:
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
def test_the_bot_id_comes_from_the_token_or_is_set_alone(
    settings: dict[str, str], bot_id: int
) -> None:
    assert read(**settings).bot_id == bot_id


@pytest.mark.parametrize("token", ["a", "A-b_9", "x" * 256])
def test_every_secret_token_of_telegram_is_accepted(token: str) -> None:
    assert read(TELEGRAM_SECRET_TOKEN=token).secret_token == Secret(token)


@pytest.mark.parametrize(
    ("text", "needs"), [("yes", False), ("no", True), ("Yes", True), ("1", True), ("true", True)]
)
def test_only_yes_switches_the_secret_off(text: str, *, needs: bool) -> None:
    assert read(TG_WITHOUT_SECRET_TOKEN=text).needs_secret_token is needs


@pytest.mark.parametrize(
    ("text", "path"),
    [("/telegram", "/telegram"), ("/a/b/", "/a/b"), ("/", "/"), ("//", "/"), ("/5:AAF", "/5:AAF")],
)
def test_the_path_has_no_trailing_slash(text: str, path: str) -> None:
    assert read(TG_WEBHOOK_PATH=text).webhook_path == Secret(path)


@pytest.mark.parametrize("name", ["UTC", "Asia/Kathmandu", "Europe/Lisbon"])
def test_the_time_zone_is_known_by_its_name(name: str) -> None:
    settings = read(TG_TIMEZONE=name)

    assert (settings.timezone, settings.zone.key) == (name, name)


@pytest.mark.parametrize(
    "url",
    ["https://bot.example/5:AAF", "http://127.0.0.1:8080", "https://[::1]/hook?token=AAF&a=%20b"],
)
def test_the_bot_that_updates_are_forwarded_to_is_set_by_its_url(url: str) -> None:
    settings = {"FORWARD_URL": url, "FORWARD_SECRET_TOKEN": "AAF"}

    forward = read(**settings).forward

    assert forward is not None
    assert (forward.url, forward.secret_token) == (Secret(url), Secret("AAF"))


@pytest.mark.parametrize(("text", "seconds"), [("", 25.0), ("0.5", 0.5), ("50", 50.0)])
def test_the_bot_s_timeout_is_25_seconds_by_default(text: str, seconds: float) -> None:
    forward = read(FORWARD_URL="http://bot", FORWARD_TIMEOUT_SECONDS=text).forward

    assert forward is not None
    assert forward.seconds == seconds
    assert forward.secret_token is None


def test_without_a_url_the_other_settings_of_forwarding_are_ignored() -> None:
    others = {"FORWARD_SECRET_TOKEN": "é", "FORWARD_TIMEOUT_SECONDS": "soon"}

    assert read(**others).forward is None


NO_TOKEN = "TELEGRAM_BOT_TOKEN is not of the form <bot id>:<secret>."  # noqa: S105
NO_BOT_ID = "TELEGRAM_BOT_ID is not a bot id: that is the number before the colon of a token."
NO_PATH = "TG_WEBHOOK_PATH is not a path such as /telegram."
NO_URL = "FORWARD_URL is not a valid http:// or https:// URL."
FORWARDING = {"FORWARD_URL": "https://bot.example/5:AAF"}
SECRETS = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_SECRET_TOKEN", "FORWARD_URL", "TG_WEBHOOK_PATH"]
WORDS = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=300)


def error_or_empty(**settings: str) -> str:
    """Return the error message, "" if there is none."""
    try:
        IngestSettings.from_environment(LANDING | settings)
    except SettingsError as error:
        return str(error)
    return ""


def error_message(**settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        IngestSettings.from_environment(LANDING | settings)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_missing_landing_zone_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"^TG_LANDING_URI is not set: there is nowhere to"):
        IngestSettings.from_environment({"AWS_S3_BUCKET": "", "TG_TIMEZONE": "UTC"})


@pytest.mark.parametrize(
    "token",
    [
        "AAF",
        "5",
        "5:",
        ":AAF",
        "x5:AAF",
        "-5:AAF",
        "\N{ARABIC-INDIC DIGIT FIVE}:AAF",
        " 5:AAF",
        "9" * 19 + ":AAF",
    ],
)
def test_a_bot_token_must_begin_with_the_bot_s_id(token: str) -> None:
    assert error_message(TELEGRAM_BOT_TOKEN=token) == NO_TOKEN


@pytest.mark.parametrize(
    "text", ["bot", "5:AAF", "-5", "5.0", "\N{ARABIC-INDIC DIGIT FIVE}", " 5", "9" * 19]
)
def test_a_bot_id_must_be_a_number(text: str) -> None:
    assert error_message(TELEGRAM_BOT_ID=text) == NO_BOT_ID


@pytest.mark.parametrize("token", ["é", "a b", "a\n", "a:b", "x" * 257])
@pytest.mark.parametrize("name", ["TELEGRAM_SECRET_TOKEN", "FORWARD_SECRET_TOKEN"])
def test_a_secret_token_must_be_one_of_telegram(name: str, token: str) -> None:
    expected = f"{name} must be 1 to 256 characters of A-Z a-z 0-9 _ and -."

    assert error_message(**FORWARDING, **{name: token}) == expected


@pytest.mark.parametrize(
    "word", ["x", "5.0", "--5", "- 5", "\N{ARABIC-INDIC DIGIT FIVE}", "@group", "9" * 19]
)
@pytest.mark.parametrize("name", ["TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID"])
def test_a_chat_id_must_be_a_number(name: str, word: str) -> None:
    message = f"{name}: {word!r} is not a chat id such as -1001234567890."

    assert error_message(**{name: f"-1,{word}"}) == message


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "America", "\0", "a" * 5_000])
def test_a_time_zone_must_exist(name: str) -> None:
    assert error_message(TG_TIMEZONE=name) == (
        f"TG_TIMEZONE={name!r} is not a time zone such as Europe/Lisbon."
    )


@pytest.mark.parametrize("path", ["telegram", "5:AAF", "https://a/b", "/a?b", "/a#b", " /a"])
def test_a_path_must_begin_with_a_slash_and_is_not_shown(path: str) -> None:
    assert error_message(TG_WEBHOOK_PATH=path) == NO_PATH


@pytest.mark.parametrize(
    "url",
    [
        *("bot.example/5:AAF", "ftp://bot/5:AAF", "https:///5:AAF", "https://", "/5:AAF"),
        *("http://[::1/5:AAF", "http://bot:x/5:AAF", "http://bot:65536/", "http://bot:0/"),
        *("http://bot/a b", "http://bot/é", "http://bot/?a=é"),
    ],
)
def test_a_url_must_be_valid_and_is_not_shown(url: str) -> None:
    assert error_message(FORWARD_URL=url) == NO_URL


@pytest.mark.parametrize("text", ["0", "-1", "50.1", "nan", "inf", "soon", "1e99"])
def test_a_timeout_must_be_above_zero_and_at_most_50_seconds(text: str) -> None:
    message = f"FORWARD_TIMEOUT_SECONDS={text!r} is not a number of seconds above 0 and up to 50."

    assert error_message(**FORWARDING, FORWARD_TIMEOUT_SECONDS=text) == message


@given(st.sampled_from(SECRETS), WORDS)
def test_no_error_shows_a_secret(name: str, word: str) -> None:
    assert "open-sesame" not in error_or_empty(**{name: f"{word}open-sesame"})


@given(
    st.sampled_from(["TG_TIMEZONE", "TELEGRAM_BOT_ID", "TELEGRAM_CHAT_IDS", *SECRETS]),
    WORDS | st.integers().map(str) | WORDS.map("http://".__add__) | WORDS.map("/".__add__),
)
def test_any_value_is_valid_or_an_error_that_names_the_setting(name: str, word: str) -> None:
    message = error_or_empty(**{name: word})

    assert message.startswith(name) or message == ""


def test_printed_settings_contain_no_secrets() -> None:
    settings = {
        "TELEGRAM_BOT_TOKEN": "5:open-sesame",
        "TELEGRAM_SECRET_TOKEN": "open-sesame",
        "FORWARD_URL": "https://bot.example/open-sesame",
        "TG_WEBHOOK_PATH": "/open-sesame",
        "FORWARD_SECRET_TOKEN": "open-sesame",
    }

    printed = repr(IngestSettings.from_environment(LANDING | settings))

    assert "bot_id=5" in printed
    assert "open-sesame" not in printed


@pytest.mark.parametrize("text", [",", " ", " , ,"])
def test_a_list_without_chats_is_an_error(text: str) -> None:
    expected = "TELEGRAM_CHAT_IDS is set but names no chat: leave it empty to keep all chats."

    assert error_message(TELEGRAM_CHAT_IDS=text) == expected


SHOWN = "***"
ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@dataclass(frozen=True)
class Holder:
    secret: Secret


def test_a_secret_prints_as_stars() -> None:
    secret = Secret("open sesame")

    printed = [str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret, "%r" % secret]  # noqa: UP031

    assert set(printed) == {SHOWN}


def test_a_holder_of_a_secret_prints_stars_for_it() -> None:
    holder = Holder(Secret("open sesame"))

    assert repr(holder) == "Holder(secret=***)"
    assert repr(asdict(holder)) == "{'secret': ***}"
    assert repr([holder.secret]) == "[***]"


def test_a_secret_has_no_attributes_to_list() -> None:
    with pytest.raises(TypeError):
        vars(Secret("open sesame"))


def test_an_error_with_a_secret_does_not_show_it() -> None:
    with pytest.raises(LookupError) as caught:
        raise LookupError(Secret("open sesame"))

    assert "open sesame" not in str(caught.value)
    assert "open sesame" not in repr(caught.value)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SHOWN in "".join(report.format())


@given(ANY_TEXT)
def test_the_text_can_be_revealed(text: str) -> None:
    assert Secret(text).reveal() == text


@given(ANY_TEXT, ANY_TEXT)
def test_only_the_same_text_matches(text: str, other: str) -> None:
    assert Secret(text).matches(text)
    assert Secret(text).matches(other) is (text == other)


@pytest.mark.parametrize(
    "offered", [None, "", "open", "open sesamE", "open sesame ", "ôpen", "\ud83d"]
)
def test_none_and_other_texts_do_not_match(offered: str | None) -> None:
    assert not Secret("open sesame").matches(offered)


def test_none_does_not_match_an_empty_secret() -> None:
    assert not Secret("").matches(None)


@given(ANY_TEXT, ANY_TEXT)
def test_equal_texts_are_equal_secrets(text: str, other: str) -> None:
    assert (Secret(text) == Secret(other)) is (text == other)
    assert len({Secret(text), Secret(other)}) == len({text, other})


def test_a_secret_is_not_equal_to_its_text() -> None:
    assert Secret("open sesame") != "open sesame"


def test_a_copy_prints_as_stars_too() -> None:
    assert repr(copy.deepcopy(Secret("open sesame"))) == SHOWN
