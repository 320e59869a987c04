"""A marked text is read as Telegram reads it, or refused in its words."""

import pytest

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.markdown import Entity, ReadText, read_markdown
from tg_pipeline_tests.telegram_server.server import TelegramServer


def test_marks_become_entities_in_utf_16_units() -> None:
    read = read_markdown("😀 *bold* _italic_ __under__ ~gone~ ||hidden|| `code` ```pre```")

    assert read.text == "😀 bold italic under gone hidden code pre"
    assert read.entities[0] == Entity("bold", 3, 4)
    kinds = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre"]
    assert [entity.type for entity in read.entities] == kinds
    assert [read.marked(kind) for kind in kinds] == [[word] for word in read.text.split()[1:]]


def test_marks_may_stand_within_marks_but_not_within_code() -> None:
    read = read_markdown("*bold _and italic_* `not *bold* here`")

    assert read.text == "bold and italic not *bold* here"
    assert read.marked("bold") == ["bold and italic"]
    assert read.marked("italic") == ["and italic"]
    assert read.marked("code") == ["not *bold* here"]


def test_what_is_escaped_is_text() -> None:
    assert read_markdown(r"1\. a\_b \\ `\`\\`").text == "1. a_b \\ `\\"


def test_telegram_takes_some_characters_out_of_every_text() -> None:
    assert read_markdown(" a\r\u202e\u2028b\x00c\t").text == "ab c"
    assert read_markdown("* a*`b `* *") == ReadText(
        "ab", (Entity("bold", 0, 1), Entity("code", 1, 1))
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"),
        ("é *bold", "Can't find end of Bold entity at byte offset 3"),
        ("`code", "Can't find end of Code entity at byte offset 0"),
        ("*bold _italic*_", "Can't find end of Italic entity at byte offset 14"),
    ],
)
def test_what_can_not_be_read_is_refused(call: Caller, source: str, why: str) -> None:
    answer = call("sendMessage", chat_id=5, text=source, parse_mode="MarkdownV2")

    assert answer.status_code == 400
    assert answer.json()["description"] == f"Bad Request: can't parse entities: {why}"


def test_limits_count_what_is_read_and_not_its_markup(
    telegram: TelegramServer, call: Caller
) -> None:
    longest, marked = "\\." * 4_096, {"parse_mode": "MarkdownV2"}

    sent = call("sendMessage", chat_id=5, text=longest, **marked)
    refused = [
        call("sendMessage", chat_id=5, text=longest + "a", **marked),
        call("sendPhoto", chat_id=5, caption="\\." * 1_025, **marked),
        call("sendMessage", chat_id=5, text="**", **marked),
    ]

    assert sent.json()["result"]["text"] == "." * 4_096
    assert [answer.json()["description"] for answer in refused] == [
        "Bad Request: message is too long",
        "Bad Request: message caption is too long",
        "Bad Request: message text is empty",
    ]
    assert len(telegram.messages) == 1


def test_without_a_mode_marks_are_text(call: Caller) -> None:
    result = call("sendMessage", chat_id=5, text="*not bold*.").json()["result"]

    assert result["text"] == "*not bold*."
    assert "entities" not in result


def test_what_was_marked_is_told(call: Caller) -> None:
    asked = {"chat_id": 5, "text": "*bold*", "parse_mode": "MarkdownV2"}

    assert call("sendMessage", **asked).json()["result"]["entities"] == [
        {"type": "bold", "offset": 0, "length": 4}
    ]
