"""JSON is split into its elements or members, each of them byte for byte as it was written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.telegram.raw_json import JsonSplitError, split_array, split_object

TEXTS = st.lists(
    st.text(max_size=3)
    | st.sampled_from(['"', "\\", ",", "[", "]}", '"]', "\\u", "\ud800", "\x01", "😀"])
).map("".join)
VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
WHITESPACE = st.sampled_from(["", " ", "\n", "\t\r\n "])


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> bytes:
    """Draw a value, written in one of the many ways that JSON allows."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), ("\n,", "\t:\r\n ")]))
    text = json.dumps(draw(values), separators=separators, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


@given(st.lists(written(), max_size=5), st.lists(WHITESPACE, min_size=12, max_size=12))
def test_elements_are_as_written(parts: list[bytes], spaces: list[str]) -> None:
    spaced = [spaces[n].encode() + part + spaces[n + 5].encode() for n, part in enumerate(parts)]

    array = spaces[10].encode() + b"[" + b",".join(spaced) + b"]" + spaces[11].encode()

    assert split_array(array) == parts


@given(st.dictionaries(TEXTS, written(), max_size=4), WHITESPACE)
def test_members_are_as_written(parts: dict[str, bytes], space: str) -> None:
    colon = f"{space}:{space}".encode()

    text = b"{" + b",".join(json.dumps(n).encode() + colon + parts[n] for n in parts) + b"}"

    assert split_object(text) == parts


@pytest.mark.parametrize(
    "update",
    [
        b'{"update_id" :  1 ,\n\t"message":{ "text":"a" }}',
        rb'{"update_id":1,"message":{"text":"\ud83d\ude00 \u00e9 \/"}}',
        rb'{"update_id":1,"message":{"text":"lone surrogate: \ud800"}}',
        rb'{"update_id":1,"message":{"text":"\\\"],[{\\"}}',
        b'{"update_id":1,"message":{"id":123456789012345678901234567890,"n":1.0E+2}}',
        b'{"update_id":1,"update_id":2}',
        b'{"update_id":1,"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"update_id":1,"a":"\x00\x01\xff\xfe"}',
        b'{"update_id":1,"a":nul}',
        b"null",
    ],
)
def test_an_unusual_update_among_others_is_unchanged(update: bytes) -> None:
    body = b'{"ok": true, "result": [{"update_id":0}, ' + update + b',{"update_id":9}]}'

    assert split_array(split_object(body)["result"])[1] == update


@pytest.mark.parametrize("empty", [b"[]", b" [ \n ] "])
def test_an_empty_array_has_no_elements(empty: bytes) -> None:
    assert split_array(empty) == []


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"<html>", b'{"ok":true', b'{"ok":true}}', b'{"a":"}', b'{"a"}', b"{1:2}", b"{}{}"],
)
def test_an_incomplete_object_is_rejected(text: bytes) -> None:
    with pytest.raises(JsonSplitError):
        split_object(text)


@pytest.mark.parametrize("text", [b"", b"[", b"{}", b"[1", b"[[1]", b'["]', b"[1]]", b"[1][2]"])
def test_an_incomplete_array_is_rejected(text: bytes) -> None:
    with pytest.raises(JsonSplitError):
        split_array(text)


def test_the_last_of_several_members_with_one_name_wins_however_it_is_escaped() -> None:
    assert split_object(rb'{"update\u005fid": 7, "update_id": 8}') == {"update_id": b"8"}
