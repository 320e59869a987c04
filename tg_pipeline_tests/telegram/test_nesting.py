"""Nesting has a bound, and no payload costs more than its size."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from tg_pipeline.telegram.decoding import (
    MAX_NESTING,
    Envelope,
    UnreadableError,
    nesting,
    read_envelope,
)


def reason_of(payload: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read_envelope(payload)
    return str(caught.value)


def answer(payload: bytes) -> Envelope | str:
    try:
        return read_envelope(payload)
    except UnreadableError as error:
        return str(error)


def nested(levels: int) -> bytes:
    """Give an update of so many levels, the outermost object among them."""
    inner = levels - 1
    return b'{"update_id": 5, "deep": ' + b"[" * inner + b"]" * inner + b"}"


def deeper(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else deeper(frames - 1, call)


def test_nesting_is_read_up_to_the_bound_and_refused_above() -> None:
    assert read_envelope(nested(MAX_NESTING)) == Envelope(5, "deep")
    assert reason_of(nested(MAX_NESTING + 1)) == "nested deeper than 200 levels"
    assert reason_of(nested(100_000)) == "nested deeper than 200 levels"


@pytest.mark.parametrize("levels", [MAX_NESTING, MAX_NESTING + 1, 100_000])
def test_the_answer_does_not_depend_on_how_deep_the_caller_stands(levels: int) -> None:
    room = sys.getrecursionlimit() * 13 // 20

    for payload in (nested(levels), nested(levels).rstrip(b"]}"), b"[" * levels):
        assert deeper(room, partial(answer, payload)) == answer(payload)


@pytest.mark.parametrize("levels", [300, 325, 350, 370, 400])
def test_nor_does_it_for_brackets_that_never_close(levels: int) -> None:
    room = sys.getrecursionlimit() * 13 // 20
    payload = b'{"update_id": 5, "deep": ' + b"[" * levels

    assert deeper(room, partial(answer, payload)) == answer(payload)


@pytest.mark.parametrize("text", ["[" * 300, "{" * 300, '\\"[' * 300, "\\\\" + "[" * 300])
def test_brackets_in_a_text_are_no_nesting(text: str) -> None:
    payload = f'{{"update_id": 5, "message": {{"text": "{text}"}}}}'.encode()

    assert nesting(payload) == 2
    assert read_envelope(payload) == Envelope(5, "message")


def test_many_brackets_side_by_side_are_no_nesting() -> None:
    payload = b'{"update_id": 5, "flat": [' + b",".join([b"[]"] * 1_000) + b"]}"

    assert nesting(payload) == 3
    assert read_envelope(payload) == Envelope(5, "flat")


def test_a_megabyte_of_quotes_that_never_close_does_not_hold_up_the_day() -> None:
    code = (
        "import sys\n"
        "from tg_pipeline.telegram.decoding import UnreadableError, read_envelope\n"
        "try: read_envelope(sys.stdin.buffer.read())\n"
        "except UnreadableError: print('unreadable')\n"
    )
    garbage = b'"\\' * 500_000 + b"[" * 300

    told = subprocess.run(
        [sys.executable, "-c", code], input=garbage, capture_output=True, check=True, timeout=20
    )

    assert told.stdout.strip() == b"unreadable"
