"""A setting that can't be used is named in one sentence, and what is secret stays so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.settings import IngestSettings, SettingsError

LANDING = {"TG_LANDING_URI": "memory://"}
NO_TOKEN = "TELEGRAM_BOT_TOKEN is not of the form <bot id>:<secret>."  # noqa: S105
NO_BOT_ID = "TELEGRAM_BOT_ID is no bot id: that is the number before the colon."
NO_PATH = "TG_WEBHOOK_PATH is no path such as /telegram."
NO_ADDRESS = "FORWARD_URL is no http:// or https:// address."
BOT = {"FORWARD_URL": "https://bot.example/5:AAF"}
SECRETS = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_SECRET_TOKEN", "FORWARD_URL", "TG_WEBHOOK_PATH"]
WORDS = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=300)


def told_of(**settings: str) -> str:
    """Give what an operator reads who sets these: nothing, where all is well."""
    try:
        IngestSettings.from_environment(LANDING | settings)
    except SettingsError as error:
        return str(error)
    return ""


def error_of(**settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        IngestSettings.from_environment(LANDING | settings)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_door_needs_somewhere_to_land_updates() -> None:
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
def test_a_bot_token_begins_with_the_bot_s_id(token: str) -> None:
    assert error_of(TELEGRAM_BOT_TOKEN=token) == NO_TOKEN


@pytest.mark.parametrize(
    "text", ["bot", "5:AAF", "-5", "5.0", "\N{ARABIC-INDIC DIGIT FIVE}", " 5", "9" * 19]
)
def test_a_bot_id_is_a_number(text: str) -> None:
    assert error_of(TELEGRAM_BOT_ID=text) == NO_BOT_ID


@pytest.mark.parametrize("token", ["é", "a b", "a\n", "a:b", "x" * 257])
@pytest.mark.parametrize("name", ["TELEGRAM_SECRET_TOKEN", "FORWARD_SECRET_TOKEN"])
def test_a_secret_token_is_made_of_what_telegram_sends(name: str, token: str) -> None:
    expected = f"{name} must be 1 to 256 characters of A-Z a-z 0-9 _ and -."

    assert error_of(**BOT, **{name: token}) == expected


@pytest.mark.parametrize(
    "word", ["x", "5.0", "--5", "- 5", "\N{ARABIC-INDIC DIGIT FIVE}", "@group", "9" * 19]
)
@pytest.mark.parametrize("name", ["TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID"])
def test_a_chat_is_named_by_a_number(name: str, word: str) -> None:
    message = f"{name} has {word!r}, which is no chat id such as -1001234567890."

    assert error_of(**{name: f"-1,{word}"}) == message


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "America", "\0", "a" * 5_000])
def test_a_time_zone_is_one_that_the_world_knows(name: str) -> None:
    assert error_of(TG_TIMEZONE=name) == (
        f"TG_TIMEZONE={name!r} is no time zone such as Europe/Lisbon."
    )


@pytest.mark.parametrize("path", ["telegram", "5:AAF", "https://a/b", "/a?b", "/a#b", " /a"])
def test_a_webhook_s_path_begins_with_a_slash_and_is_not_shown(path: str) -> None:
    assert error_of(TG_WEBHOOK_PATH=path) == NO_PATH


@pytest.mark.parametrize(
    "url",
    [
        *("bot.example/5:AAF", "ftp://bot/5:AAF", "https:///5:AAF", "https://", "/5:AAF"),
        *("http://[::1/5:AAF", "http://bot:x/5:AAF", "http://bot:65536/", "http://bot:0/"),
        *("http://bot/a b", "http://bot/é", "http://bot/?a=é"),
    ],
)
def test_a_bot_behind_the_door_has_a_web_address_which_is_not_shown(url: str) -> None:
    assert error_of(FORWARD_URL=url) == NO_ADDRESS


@pytest.mark.parametrize("text", ["0", "-1", "50.1", "nan", "inf", "soon", "1e99"])
def test_a_bot_has_some_seconds_to_answer_and_not_too_many(text: str) -> None:
    message = f"FORWARD_TIMEOUT_SECONDS={text!r} is no number of seconds from above 0 to 50."

    assert error_of(**BOT, FORWARD_TIMEOUT_SECONDS=text) == message


@given(st.sampled_from(SECRETS), WORDS)
def test_no_error_shows_what_may_be_secret(name: str, word: str) -> None:
    assert "open-sesame" not in told_of(**{name: f"{word}open-sesame"})


@given(
    st.sampled_from(["TG_TIMEZONE", "TELEGRAM_BOT_ID", "TELEGRAM_CHAT_IDS", *SECRETS]),
    WORDS | st.integers().map(str) | WORDS.map("http://".__add__) | WORDS.map("/".__add__),
)
def test_any_text_is_a_setting_or_an_error_that_names_it(name: str, word: str) -> None:
    told = told_of(**{name: word})

    assert told.startswith(name) or told == ""


def test_settings_print_without_their_secrets() -> None:
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
def test_a_filter_that_names_no_chat_is_not_taken_for_none(text: str) -> None:
    expected = "TELEGRAM_CHAT_IDS is set and names no chat: leave it empty to keep all."

    assert error_of(TELEGRAM_CHAT_IDS=text) == expected
