"""JSON is split into its elements or members, each of them byte for byte as it was written."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
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
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), ("\n,", "\t:\r\n ")]))
    text = json.dumps(draw(values), separators=separators, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=50)
@given(st.dictionaries(TEXTS, written(), max_size=5), WHITESPACE, WHITESPACE)
def test_elements_and_members_are_as_written(
    parts: dict[str, bytes], before: str, after: str
) -> None:
    left, right = before.encode(), after.encode()
    elements = [left + part + right for part in parts.values()]
    members = [
        left + json.dumps(name).encode() + right + b":" + left + part + right
        for name, part in parts.items()
    ]

    assert split_array(left + b"[" + b",".join(elements) + b"]" + right) == [*parts.values()]
    assert split_object(left + b"{" + b",".join(members) + b"}" + right) == parts


@pytest.mark.parametrize(
    "update",
    [
        b'{"update_id" :  1 ,\n\t"message":{ "text":"a" }}',
        rb'{"update_id":1,"message":{"text":"\ud83d\ude00 \u00e9 \/"}}',
        rb'{"update_id":1,"message":{"text":"lone surrogate: \ud800"}}',
        rb'{"update_id":1,"message":{"text":"\\\"],[{\\"}}',
        b'{"update_id":1,"message":{"id":123456789012345678901234567890,"n":1.0E+2}}',
        b'{"update_id":1,"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"update_id":1,"a":"\x00\x01\xff\xfe"}',
        b"null",
    ],
)
def test_an_unusual_update_among_others_is_unchanged(update: bytes) -> None:
    body = b'{"ok": true, "result": [{"update_id":0}, ' + update + b',{"update_id":9}]}'

    assert split_array(split_object(body)["result"])[1] == update


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[[1]", b'{"ok":true}}', b'{"a":"}', b'{"a"}', b"{1:2}", b"[1][2]"]
)
def test_an_incomplete_object_or_array_is_rejected(text: bytes) -> None:
    for split in (split_object, split_array):
        with pytest.raises(JsonSplitError):
            split(text)


def test_the_last_of_several_members_with_one_name_wins_however_it_is_escaped() -> None:
    assert split_object(rb'{"update\u005fid": 7, "update_id": 8}') == {"update_id": b"8"}
