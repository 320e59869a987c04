"""Texts and photos arrive as they were written, within Telegram's limits, or have a reason."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import (
    BadRequestError,
    ServerFailedError,
    TelegramError,
    TooManyRequestsError,
    explain_refusal,
)
from tg_pipeline.telegram.messages import (
    LONGEST_CAPTION,
    LONGEST_TEXT,
    Line,
    RateLimitRetry,
    Run,
    bold,
    code,
    plain,
    send_message,
    send_photo,
    to_markdown,
    to_plain,
    truncate,
)
from tg_pipeline_tests.fakes.telegram_api import markdown
from tg_pipeline_tests.fakes.telegram_api.markdown import read_markdown
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

CHAT = "-1001234567890"

HOSTILE = (
    "_*[]()~`>#+-=|{}.!\\",
    "`` ``` ` \\` \\\\ \\",
    "> quoted\\",
    "👩\u200d👩\u200d👧 😀 \U0001f1e7\U0001f1f7",
    "مرحبا \u2068isolated\u2069 שלום",
)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("_*[]()~`\\|.!"))
lines = st.lists(st.tuples(*[st.builds(kind, texts) for kind in (plain, bold, code)]))


# Styled text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("kind", "entity"), [(plain, None), (bold, "bold"), (code, "code")])
def test_hostile_text_arrives_intact_in_every_style(
    kind: Callable[[str], Run], entity: str | None, text: str
) -> None:
    read = read_markdown(to_markdown([(plain("before "), kind(text), plain(" after"))]))

    assert read.text == f"before {text} after"
    assert [each.type for each in read.entities] == ([entity] if entity else [])
    assert entity is None or read.marked(entity) == [text]


@given(lines)
def test_any_text_arrives_as_telegram_cleans_it(written: list[Line]) -> None:
    read = read_markdown(to_markdown(written))

    assert read.text == markdown.cleaned(to_plain(written))


def test_an_empty_run_has_no_mark() -> None:
    assert to_markdown([(bold(""), code(""), plain("a")), (), (bold("b"),)]) == "a\n\n*b*"


@given(lines, st.integers(1, 60))
def test_a_text_that_is_too_long_is_cut_between_letters(written: list[Line], limit: int) -> None:
    cut = truncate(written, limit)

    kept, whole = to_plain(cut), to_plain(written)
    assert markdown.units(kept) <= limit
    assert kept == whole or (kept[-1] == "…" and whole.startswith(kept[:-1]))
    assert kept == whole or limit - markdown.units(kept) <= 1
    assert read_markdown(to_markdown(cut)).text == markdown.cleaned(kept)


def test_a_cut_keeps_the_styles() -> None:
    cut = truncate([(plain("a "), code("😀😀😀"), bold("never"))], 7)

    assert list(cut) == [(plain("a "), code("😀😀"), plain("…"))]


# Sending


def test_a_text_arrives_with_its_styles_and_returns_its_id(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    message_id = send_message(api, CHAT, [(bold("1. Oct"),), (), (plain("a_b: "), code("/start"))])

    (message,) = telegram.messages
    assert (message.chat_id, message.message_id) == (int(CHAT), message_id)
    assert message.text == "1. Oct\n\na_b: /start"
    assert (message.read.marked("bold"), message.read.marked("code")) == (["1. Oct"], ["/start"])
    assert message.params["link_preview_options"] == {"is_disabled": True}


def test_a_photo_arrives_with_its_bytes_and_its_caption_and_no_sound(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    png = bytes(range(256))

    message_id = send_photo(api, "@a_channel", png, [(bold("chart."),)])

    (message,) = telegram.messages
    assert (message.chat_id, message.message_id, message.file) == ("@a_channel", message_id, png)
    assert (message.text, message.read.marked("bold")) == ("chart.", ["chart."])
    assert telegram.calls[0].params["photo"] == Upload("chart.png", png)
    assert json.loads(message.params["disable_notification"]) is True


def test_texts_and_captions_are_cut_to_telegrams_limits(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    long = [(plain("😀." * LONGEST_TEXT),)]

    send_message(api, CHAT, long)
    send_photo(api, CHAT, b"png", long)

    text, caption = (message.text for message in telegram.messages)
    assert markdown.units(text) == LONGEST_TEXT
    assert markdown.units(caption) == LONGEST_CAPTION
    assert text.endswith("😀.😀.…")


HINTS = {
    (400, "Bad Request: chat not found"): "add the bot to the group, or write to it first.",
    (403, "Forbidden: bot was kicked from the supergroup chat"): "was removed from the chat",
    (403, "Forbidden: bot is not a member of the channel chat"): "is not in the chat",
    (403, "Forbidden: user is deactivated"): "no longer exists: choose another",
    (403, "Forbidden: bot can't initiate conversation with a user"): "must write to the bot",
    (400, "Bad Request: not enough rights to send photos to the chat"): "allow it to send messages",
}


@pytest.mark.parametrize("refusal", HINTS)
def test_a_chat_that_takes_no_message_is_explained(
    api: BotApiClient, telegram: TelegramServer, refusal: tuple[int, str]
) -> None:
    status, description = refusal
    telegram.fail(status, description=description)

    with pytest.raises(BadRequestError) as caught:
        send_message(api, CHAT, [(plain("a"),)])

    explanation = explain_refusal(caught.value, CHAT)
    assert explanation.startswith(f"Telegram rejects sendMessage: {description}. ")
    assert HINTS[refusal] in explanation
    assert CHAT in explanation
    assert "\n" not in explanation


def test_a_group_that_became_a_supergroup_is_explained_with_its_new_id(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
    telegram.fail(400, description=upgraded, migrate_to_chat_id=-1009876543210)

    with pytest.raises(BadRequestError) as caught:
        send_message(api, "-55", [(plain("a"),)])

    assert explain_refusal(caught.value, "-55") == (
        "The group -55 became a supergroup with the number -1009876543210: use that."
    )


# Rate limits


@dataclass
class Retry:
    """A retry that records its waits and log lines, and a call that fails with some errors."""

    errors: list[TelegramError]
    waits: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def call(self) -> str:
        return RateLimitRetry(self.waits.append, self.lines.append).call(self._call)

    def _call(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def rate_limits(*waits: float) -> list[TelegramError]:
    return [TooManyRequestsError(f"Wait {wait} s.", wait) for wait in waits]


def test_a_rate_limited_call_is_retried_after_the_requested_wait() -> None:
    retry = Retry(rate_limits(3, 1))

    assert retry.call() == "done"
    assert retry.waits == [3, 1]
    assert retry.lines == ["Wait 3 s. Waiting.", "Wait 1 s. Waiting."]


@pytest.mark.parametrize(
    ("errors", "waited"),
    [
        (rate_limits(31), []),
        (rate_limits(20, 20), [20]),
        (rate_limits(*[0] * 10), [0, 0]),
        ([ServerFailedError("no")], []),
    ],
    ids=["too long", "too long in all", "too often", "another failure"],
)
def test_retries_are_bounded(errors: list[TelegramError], waited: list[float]) -> None:
    retry = Retry(list(errors))

    with pytest.raises(type(errors[0])):
        retry.call()
    assert retry.waits == waited
    assert len(retry.errors) == len(errors) - len(waited) - 1
