"""Settings are read from the environment; errors name the setting and never show a secret."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.privacy.minimization import DROPPABLE
from lambda_ingest.settings import ForwardSettings, IngestSettings, Secret, SettingsError

LANDING = {"TG_LANDING_URI": "s3://landing/updates"}


def read(**settings: str) -> IngestSettings:
    return IngestSettings.from_environment(LANDING | settings)


def test_only_the_landing_zone_is_required_and_an_empty_variable_counts_as_not_set() -> None:
    others = dict.fromkeys([*INVALID, "TG_WITHOUT_SECRET_TOKEN", "AWS_S3_BUCKET"], "")

    assert read() == read(**others)
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
    assert read(TELEGRAM_CHAT_ID="-1", TELEGRAM_CHAT_IDS=text).chat_ids == chat_ids


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


@pytest.mark.parametrize(
    ("url", "timeout", "seconds"),
    [
        ("https://bot.example/5:AAF", "", 25.0),
        ("http://127.0.0.1:8080", "0.5", 0.5),
        ("https://[::1]/hook?token=AAF&a=%20b", "50", 50.0),
    ],
)
def test_updates_are_forwarded_to_a_url_with_a_secret_and_a_timeout(
    url: str, timeout: str, seconds: float
) -> None:
    others = {"FORWARD_SECRET_TOKEN": "AAF", "FORWARD_TIMEOUT_SECONDS": timeout}

    assert read(FORWARD_URL=url, **others).forward == ForwardSettings(
        Secret(url), Secret("AAF"), seconds
    )
    assert read(**others).forward is None


FORWARDING = {"FORWARD_URL": "https://bot.example/5:AAF"}
DIGIT_FIVE = "\N{ARABIC-INDIC DIGIT FIVE}"
NOT_CHAT_IDS = ["x", "5.0", "--5", "- 5", DIGIT_FIVE, "9" * 19]
NOT_SECRET_TOKENS = ["é", "a b", "a\n", "a:b", "x" * 257]
NOT_URLS = [
    *("bot.example/5:AAF", "ftp://bot/5:AAF", "https:///5:AAF", "/5:AAF", "http://[::1/5:AAF"),
    *("http://bot:x/5:AAF", "http://bot:65536/", "http://bot:0/", "http://bot/a b", "http://bot/é"),
]
OF_SECRETS = "to 256 characters of A-Z a-z 0-9 _ and -: `openssl rand -hex 32` prints a good one."
DROPPABLE_NAMES = ", ".join(sorted(DROPPABLE))
INVALID: dict[str, tuple[list[str], str]] = {
    "TELEGRAM_BOT_TOKEN": (
        ["AAF", "5:", ":AAF", "-5:AAF", f"{DIGIT_FIVE}:AAF", " 5:AAF", "9" * 19 + ":AAF"],
        "TELEGRAM_BOT_TOKEN is not of the form <bot id>:<secret>.",
    ),
    "TELEGRAM_BOT_ID": (
        ["bot", "5:AAF", "-5", "5.0", DIGIT_FIVE, " 5", "9" * 19],
        "TELEGRAM_BOT_ID is not a bot id: that is the number before the colon of a token.",
    ),
    "TELEGRAM_SECRET_TOKEN": (
        [*NOT_SECRET_TOKENS, "x", "x" * 15],
        f"TELEGRAM_SECRET_TOKEN must be 16 {OF_SECRETS}",
    ),
    "FORWARD_SECRET_TOKEN": (
        NOT_SECRET_TOKENS,
        f"FORWARD_SECRET_TOKEN must be 1 {OF_SECRETS}",
    ),
    "TELEGRAM_SECRET_TOKEN_PREVIOUS": (
        [*NOT_SECRET_TOKENS, "x" * 15],
        f"TELEGRAM_SECRET_TOKEN_PREVIOUS must be 16 {OF_SECRETS}",
    ),
    "FORWARD_ALLOWED_UPDATES": (
        ["message;poll", "Message", "message,a b", "9"],
        "FORWARD_ALLOWED_UPDATES has an entry that is not an update type such as message.",
    ),
    "TG_TELEGRAM_ONLY": (
        ["on", "true", "YES", "1"],
        "TG_TELEGRAM_ONLY is neither yes nor no.",
    ),
    "TG_DROP": (
        ["update_id", "message", "chat", "from", "date", "contacts", "contact;venue", "Contact"],
        f"TG_DROP names a field that can't be dropped; these can: {DROPPABLE_NAMES}.",
    ),
    "TG_DROP_TEXT": (
        ["yes", "raw", "landing,enriched"],
        "TG_DROP_TEXT is neither landing nor enriched.",
    ),
    "TELEGRAM_CHAT_IDS": (
        NOT_CHAT_IDS,
        "TELEGRAM_CHAT_IDS has an entry that is not a chat id such as -1001234567890.",
    ),
    "TELEGRAM_CHAT_ID": (
        NOT_CHAT_IDS,
        "TELEGRAM_CHAT_ID has an entry that is not a chat id such as -1001234567890.",
    ),
    "TG_TIMEZONE": (
        ["Mars/Olympus", "../etc/passwd", "America", "\0", "a" * 5_000],
        "TG_TIMEZONE is not a time zone such as Europe/Lisbon.",
    ),
    "TG_WEBHOOK_PATH": (
        ["telegram", "https://a/b", "/a?b", "/a#b", " /a"],
        "TG_WEBHOOK_PATH is not a path such as /telegram.",
    ),
    "FORWARD_URL": (NOT_URLS, "FORWARD_URL is not a valid http:// or https:// URL."),
    "FORWARD_TIMEOUT_SECONDS": (
        ["0", "-1", "50.1", "nan", "inf", "soon", "1e99"],
        "FORWARD_TIMEOUT_SECONDS is not a number of seconds above 0 and up to 50.",
    ),
}
SECRETS = [
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_SECRET_TOKEN", "TELEGRAM_SECRET_TOKEN_PREVIOUS"),
    *("FORWARD_URL", "TG_WEBHOOK_PATH"),
]
WORDS = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=300)


def error_or_empty(**settings: str) -> str:
    try:
        read(**settings)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, (texts, _) in INVALID.items() for text in texts]
)
def test_an_invalid_value_is_an_error_that_does_not_repeat_it(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**FORWARDING | {name: text})

    assert str(caught.value) == INVALID[name][1]
    assert caught.value.__cause__ is None


def test_an_old_secret_is_of_use_only_with_a_new_one() -> None:
    old, new = "x" * 16, "y" * 16

    both = read(TELEGRAM_SECRET_TOKEN=new, TELEGRAM_SECRET_TOKEN_PREVIOUS=old)

    assert both.secret_tokens == (Secret(new), Secret(old))
    assert read(TELEGRAM_SECRET_TOKEN=new).secret_tokens == (Secret(new),)
    assert error_or_empty(TELEGRAM_SECRET_TOKEN_PREVIOUS=old).startswith(
        "TELEGRAM_SECRET_TOKEN_PREVIOUS is set, but TELEGRAM_SECRET_TOKEN is not"
    )


@pytest.mark.parametrize(
    "url",
    [
        *("http://bot.example/5:AAF", "http://10.0.0.5/", "http://localhost.example/"),
        *("http://127.0.0.1.example/", "HTTP://bot.example/", "http://[2001:db8::1]/"),
    ],
)
def test_updates_leave_this_machine_unencrypted_only_on_request(url: str) -> None:
    message = error_or_empty(FORWARD_URL=url)

    assert message.startswith("FORWARD_URL is a plain http:// URL")
    assert "5:AAF" not in message
    assert read(FORWARD_URL=url, TG_FORWARD_HTTP="yes").forward
    assert error_or_empty(FORWARD_URL=url, TG_FORWARD_HTTP="no") == message


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:9/", "http://127.8.9.10/", "http://localhost/", "http://LOCALHOST:9/"),
        *("http://[::1]:9/", "https://bot.example/"),
    ],
)
def test_what_stays_on_this_machine_needs_no_encryption(url: str) -> None:
    assert read(FORWARD_URL=url).forward


@pytest.mark.parametrize(
    ("listed", "forwarded", "not_forwarded"),
    [
        ("", ["message", "of_a_later_version", ""], ["chat_member", "message_reaction"]),
        ("", ["my_chat_member"], ["message_reaction_count"]),
        (" message, chat_member ,", ["message", "chat_member", ""], ["poll", "edited_message"]),
    ],
)
def test_a_bot_gets_the_types_that_its_own_webhook_asked_for(
    listed: str, forwarded: list[str], not_forwarded: list[str]
) -> None:
    forward = read(FORWARD_URL="https://bot.example/", FORWARD_ALLOWED_UPDATES=listed).forward

    assert forward
    assert [name for name in forwarded + not_forwarded if forward.forwards(name)] == forwarded


@pytest.mark.parametrize("text", [",", " ", " , ,"])
def test_a_list_without_types_is_an_error(text: str) -> None:
    settings = {"FORWARD_URL": "https://bot.example/", "FORWARD_ALLOWED_UPDATES": text}

    assert "is set but names no type" in error_or_empty(**settings)


@pytest.mark.parametrize("text", [",", " ", " , ,"])
def test_a_list_without_chats_is_an_error(text: str) -> None:
    assert error_or_empty(TELEGRAM_CHAT_IDS=text) == (
        "TELEGRAM_CHAT_IDS is set but names no chat: leave it empty to keep all chats."
    )


def test_a_missing_landing_zone_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"^TG_LANDING_URI is not set: there is nowhere to"):
        IngestSettings.from_environment({"AWS_S3_BUCKET": "", "TG_TIMEZONE": "UTC"})


@given(
    st.sampled_from(["TG_TIMEZONE", "TELEGRAM_BOT_ID", "TELEGRAM_CHAT_IDS", *SECRETS]),
    WORDS | st.integers().map(str) | WORDS.map("http://".__add__) | WORDS.map("/".__add__),
)
def test_any_value_is_valid_or_an_error_that_names_the_setting_and_shows_no_secret(
    name: str, word: str
) -> None:
    message = error_or_empty(**{name: f"{word}open-sesame"})

    assert error_or_empty(**{name: word}).startswith(name) or not error_or_empty(**{name: word})
    assert name not in SECRETS or "open-sesame" not in message


def test_printed_settings_contain_no_secrets() -> None:
    settings = {
        "TELEGRAM_BOT_TOKEN": "5:open-sesame",
        "FORWARD_URL": "https://bot.example/open-sesame",
        "TG_WEBHOOK_PATH": "/open-sesame",
        **dict.fromkeys(
            [
                *("TELEGRAM_SECRET_TOKEN", "TELEGRAM_SECRET_TOKEN_PREVIOUS"),
                "FORWARD_SECRET_TOKEN",
            ],
            "open-sesame-open-sesame",
        ),
    }

    printed = repr(read(**settings))

    assert "bot_id=5" in printed
    assert "open-sesame" not in printed


ANY_TEXT = st.text(st.characters(exclude_categories=[]))


def test_a_secret_prints_as_stars() -> None:
    secret = Secret("open sesame")

    assert {str(secret), repr(secret), f"{secret}", f"{copy.deepcopy(secret)}"} == {"***"}
    assert str([secret]) == "[***]"
    assert not hasattr(secret, "__dict__")


@given(ANY_TEXT, ANY_TEXT)
def test_only_the_same_text_matches_and_is_equal(text: str, other: str) -> None:
    assert Secret(text).reveal() == text
    assert Secret(text).matches(text)
    assert not Secret(text).matches(None)
    assert Secret(text).matches(other) is (text == other)
    assert (Secret(text) == Secret(other)) is (text == other)
    assert len({Secret(text), Secret(other)}) == len({text, other})
    assert Secret(text) != text
