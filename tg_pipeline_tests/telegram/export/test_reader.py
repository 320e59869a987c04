"""Every message of an export is read once, whatever its layout, its damage and the chunks."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tg_pipeline.telegram.export.reader import (
    ExportedPart,
    ExportReader,
    NotAnExportError,
    compact,
    repair,
)
from tg_pipeline_tests.telegram.exports import (
    LAYOUTS,
    OWNER,
    Message,
    Unquoted,
    as_desktop,
    chat,
    full_export,
    history,
    message,
    messages,
)

Chats = list[tuple[str, int, list[Any]]]

CHUNKS = st.sampled_from([7, 64, 300, 1024 * 1024])
"""Bytes. A small export in chunks of one takes a second."""


def read(text: str | bytes, chunk_bytes: int = 1024 * 1024) -> tuple[Chats, ExportReader]:
    """Return the kind, the id and the messages of each chat; of a damaged one, its bytes."""
    content = text.encode() if isinstance(text, str) else text
    reader = ExportReader(BytesIO(content), chunk_bytes)
    chats = [
        (each.kind, each.number, [_decoded(part) for part in each.messages()])
        for each in reader.chats()
    ]
    return chats, reader


def _decoded(part: ExportedPart) -> Any:
    return json.loads(part.content) if part.is_readable else part.content


@examples(max_examples=50)
@given(messages(), st.sampled_from(sorted(LAYOUTS)), CHUNKS)
def test_an_export_of_a_chat_is_read_in_every_layout_and_any_chunks(
    sent: list[Message], layout: str, chunk: int
) -> None:
    chats, reader = read(LAYOUTS[layout](chat(sent)), chunk)

    assert chats == [("private_supergroup", 1_234_567_890, sent)]
    assert not reader.fault


@examples(max_examples=50)
@given(messages(most=3), messages(most=3), st.sampled_from(sorted(LAYOUTS)), CHUNKS)
def test_an_export_of_all_chats_is_read_in_every_layout_and_any_chunks(
    some: list[Message], others: list[Message], layout: str, chunk: int
) -> None:
    kinds = ("personal_chat", "saved_messages", "private_group")
    there = [chat(some, kind, number) for number, kind in enumerate(kinds, 1)]
    export = full_export(there, [chat(others, "public_channel", 9)])

    chats, reader = read(LAYOUTS[layout](export), chunk)

    assert chats == [
        *((kind, number, some) for number, kind in enumerate(kinds, 1)),
        ("public_channel", 9, others),
    ]
    assert not reader.fault
    assert layout == "sorted" or reader.owner == OWNER


@examples(max_examples=50)
@given(messages(least=1), messages(least=1), CHUNKS, st.lists(st.booleans(), min_size=2))
def test_messages_can_be_read_ahead_or_skipped(
    some: list[Message], others: list[Message], chunk: int, choices: list[bool]
) -> None:
    export = full_export([chat(some, number=1), chat(others, number=2)])
    reader = ExportReader(BytesIO(as_desktop(export).encode()), chunk)
    found = []

    for each, is_wanted in zip(reader.chats(), choices, strict=False):
        ahead = [_decoded(part) for part in each.peek()]
        found.append((each.number, ahead, [*each.messages()] if is_wanted else None))

    assert [(number, ahead) for number, ahead, _ in found] == [(1, some), (2, others)][: len(found)]
    assert [wanted is not None for _, _, wanted in found] == choices[: len(found)]


@given(st.data(), messages(least=1), st.sampled_from(["desktop", "minified", "indented"]), CHUNKS)
def test_all_before_the_cut_of_a_file_is_read(
    data: st.DataObject, sent: list[Message], layout: str, chunk: int
) -> None:
    whole = LAYOUTS[layout](chat(sent)).encode().rstrip()
    head = whole.index(b'"messages"') + len('"messages": [')
    cut = data.draw(st.integers(head, len(whole) - 1))

    ((_, _, found),), reader = read(whole[:cut], chunk)

    whole_messages = [each for each in found if isinstance(each, dict)]
    assert whole_messages == sent[: len(whole_messages)]
    assert "ends" in reader.fault


def test_a_cut_between_two_messages_loses_neither() -> None:
    sent = list(history(40))
    text = as_desktop(chat(sent))

    ((_, _, found),), reader = read(text[: text.rindex(",\n  {")])

    assert found == sent[:-1]
    assert reader.fault.startswith("it ends early")


BROKEN = message(500, 1_660_000_000) | {
    "text": [
        {"type": "custom_emoji", "text": "😁", "document_id": Unquoted("video_files/a (2).webm")},
        "",
    ]
}
ODD = message(501, 1_660_000_001, text=Unquoted('"has "one quote too many"'))
EVEN = message(502, 1_660_000_002, text=Unquoted('"has "Quotation Marks" in it"'))
CONTROL = message(503, 1_660_000_003, text=Unquoted('"a raw \t tab"'))


@examples(max_examples=30)
@given(
    st.lists(st.sampled_from([BROKEN, ODD, EVEN, CONTROL]), min_size=1, max_size=3),
    messages(least=1, most=3),
    messages(least=1, most=3),
    CHUNKS,
)
@example([ODD, ODD], [message(1, 1_600_000_000)], [message(2, 1_600_000_001)], 10)
def test_a_damaged_message_costs_no_other(
    damaged: list[Message], before: list[Message], after: list[Message], chunk: int
) -> None:
    # Given damaged messages, in the middle of a chat and at its end
    first, second = [*before, *damaged, *after], [*after, *damaged]
    export = full_export([chat(first, number=1), chat(second, number=2)], [chat(after, number=3)])

    # When the export is read
    chats, reader = read(as_desktop(export), chunk)

    # Then each is returned as it is, with all others, and reading goes on
    numbers = [each["id"] for each in damaged]
    found = {number: parts for _, number, parts in chats}
    for number, sent in ((1, first), (2, second)):
        assert len(found[number]) == len(sent)
        good = [each for each in found[number] if isinstance(each, dict)]
        assert good == [each for each in sent if each not in damaged]
        bad = [each for each in found[number] if isinstance(each, bytes)]
        assert [int(each.split(b'"id": ')[1].split(b",")[0]) for each in bad] == numbers
    assert found[3] == after
    assert not reader.fault


def test_a_damaged_message_at_the_end_of_the_file_is_not_a_cut() -> None:
    ((_, _, found),), reader = read(as_desktop(chat([message(1, 1_600_000_000), ODD])))

    assert found[0] == message(1, 1_600_000_000)
    assert found[1].startswith(b'{\n   "id": 501,')
    assert not reader.fault


def test_a_message_is_the_same_bytes_in_an_export_of_one_chat_and_of_all() -> None:
    sent = list(history(60))
    exports = (chat(sent), full_export([chat(sent)]))

    one, other = (
        [
            part.content
            for each in ExportReader(BytesIO(as_desktop(export).encode())).chats()
            for part in each.messages()
        ]
        for export in exports
    )

    assert one == other
    assert b"\n" not in b"".join(one)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("<!DOCTYPE html><html>", "is an HTML page: choose JSON"),
        ("[]", "is no chat export"),
        ('{"update_id": 1}', "is no chat export"),
        ('{"ok": true, "result": []}', "is no chat export"),
        ('{"about": "x", "contacts": {"list": []}}', "is no chat export"),
        ('{"name": "x", "messages": []}', "is no chat export"),
        ("garbage", "is no chat export"),
    ],
)
def test_other_files_are_refused(text: str, why: str) -> None:
    with pytest.raises(NotAnExportError, match=why):
        read(text)


def test_escapes_are_repaired_in_pairs() -> None:
    assert repair(rb"a\x01b \\x01 \\\x1F \n") == rb"a\u0001b \\x01 \\\u001F \n"


def test_a_lone_surrogate_is_kept_as_it_is() -> None:
    assert compact(rb'{ "text": "\ud800 a  b\x01" }') == rb'{"text":"\ud800 a  b\u0001"}'


def test_an_export_is_read_byte_by_byte() -> None:
    sent = list(history(3))

    for layout in LAYOUTS:
        chats, reader = read(LAYOUTS[layout](chat(sent)), 1)
        assert chats == [("private_supergroup", 1_234_567_890, sent)]
        assert not reader.fault


EXPORT = as_desktop(
    full_export([chat(list(history(8)), number=1), chat(list(history(3, seed=2)), "private_group")])
).encode()


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(EXPORT) - 1),
            st.integers(0, 40),
            st.sampled_from(
                [b"", b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b"\0", b"\xff"]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    CHUNKS,
)
def test_a_file_with_any_damage_is_read_to_an_end(
    edits: list[tuple[int, int, bytes]], chunk: int
) -> None:
    # Given an export in which bytes are missing, and others were added
    content = EXPORT
    for place, missing, added in edits:
        content = content[:place] + added + content[place + missing :]

    # When it is read, in chunks and at once
    try:
        whole, reader = read(content)
        parts, other = read(content, chunk)
    except NotAnExportError:
        return

    # Then both end, find the same, and no message is longer than the file
    assert (parts, other.fault) == (whole, reader.fault)
    assert sum(len(messages) for _, _, messages in whole) <= content.count(b"{")


def test_a_message_that_is_not_utf_8_is_not_readable() -> None:
    assert compact(b'{"text": "\xff"}') is None
