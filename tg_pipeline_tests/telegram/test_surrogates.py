r"""Halves of surrogate pairs become U+FFFD, and nothing else in a payload changes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tg_pipeline.telegram.decoding import mend_surrogates

HALF = st.characters(categories=["Cs"])
TEXTS = st.lists(
    st.text(max_size=3) | HALF | st.sampled_from(["\\", '"', "u", "d83d", "\\u", "😀", "\\ud83d"])
).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def without_halves(value: Any) -> Any:
    if isinstance(value, str):
        return "".join("�" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, list):
        return [without_halves(item) for item in value]
    if isinstance(value, dict):
        return {without_halves(name): without_halves(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize(
    "kept",
    [
        rb'"\ud83d\ude00"',
        rb'"\uD83D\uDE00"',
        rb'"\\ud83d"',
        rb'"\\\\ude00"',
        rb'"\u00e9\ue000\ud7ff"',
        rb'"\n\"\/ud83d"',
        '"olá 😀"'.encode(),
        b'"\xff \\',
    ],
)
def test_what_is_no_half_is_left_alone(kept: bytes) -> None:
    assert mend_surrogates(kept) == kept


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\ude00"', rb'"\ufffd"'),
        (rb'"\uD83D!"', rb'"\ufffd!"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\ud83d\ude00\ude00"', rb'"\ud83d\ude00\ufffd"'),
        (rb'"\ud83d\u0041"', rb'"\ufffd\u0041"'),
        (rb'"\ud83d\\ude00"', rb'"\ufffd\\ude00"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
    ],
)
def test_a_half_is_replaced(broken: bytes, mended: bytes) -> None:
    assert mend_surrogates(broken) == mended


@given(JSON)
@example({"\ud83d": "\ude00\ud83d\\ud83d"})
def test_what_is_mended_is_read_as_the_same_but_for_the_halves(value: Any) -> None:
    payload = json.dumps(value).encode()

    mended = mend_surrogates(payload)

    assert msgspec.json.decode(mended) == without_halves(json.loads(payload))
    assert mend_surrogates(mended) == mended
