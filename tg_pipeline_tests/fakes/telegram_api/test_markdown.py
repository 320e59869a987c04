"""MarkdownV2 is parsed as Telegram parses it, or rejected in its words."""

import pytest

from tg_pipeline_tests.fakes.telegram_api.markdown import Entity, ReadText, read_markdown
from tg_pipeline_tests.fakes.telegram_api.protocol import ApiError


def test_marks_become_entities_in_utf_16_units() -> None:
    read = read_markdown("😀 *bold* _italic_ __under__ ~gone~ ||hidden|| `code` ```pre```")

    assert read.text == "😀 bold italic under gone hidden code pre"
    assert read.entities[0] == Entity("bold", 3, 4)
    kinds = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre"]
    assert [entity.type for entity in read.entities] == kinds
    assert [read.marked(kind) for kind in kinds] == [[word] for word in read.text.split()[1:]]


def test_telegram_removes_some_characters_from_every_text() -> None:
    assert read_markdown(" a\r\u202e\u2028b\x00c\t").text == "ab c"
    assert read_markdown("* a*`b `* *") == ReadText(
        "ab", (Entity("bold", 0, 1), Entity("code", 1, 1))
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("é *bold", "Can't find end of Bold entity at byte offset 3"),
        ("*bold _italic*_", "Can't find end of Italic entity at byte offset 14"),
    ],
)
def test_malformed_markdown_is_rejected(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_markdown(source)

    assert str(caught.value) == f"Bad Request: can't parse entities: {reason}"
