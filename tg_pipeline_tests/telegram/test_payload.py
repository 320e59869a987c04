"""A payload's id and type are read, known or not; what can't be read has its reason."""

import json
from typing import Any

import pytest

from tg_pipeline.telegram.decoding import Envelope, UnreadableError, read_envelope


def reason_of(payload: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read_envelope(payload)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["message", "edited_channel_post", "telepathy", "été", "", "\0"])
def test_the_type_is_the_one_key_beside_the_id_known_or_not(kind: str) -> None:
    contents: list[Any] = [{}, {"date": 1}, [], "text", None, 5]
    for content in contents:
        payload = json.dumps({"update_id": 5, kind: content}).encode()
        assert read_envelope(payload) == Envelope(5, kind)


def test_the_order_of_the_keys_does_not_matter() -> None:
    assert read_envelope(b' {"message": {}, "update_id": 5}\n') == Envelope(5, "message")


def test_an_update_without_content_has_no_type() -> None:
    assert read_envelope(b'{"update_id": 5}') == Envelope(5, None)


@pytest.mark.parametrize(
    ("contents", "kind"),
    [
        ({"a": {}, "b": {}}, "a"),
        ({"a": 1, "b": {}}, "b"),
        ({"a": [{}], "b": "{", "c": {}}, "c"),
        ({"a": 1, "b": 2}, "a"),
    ],
)
def test_of_several_keys_the_first_that_holds_an_object_is_the_type(
    contents: dict[str, Any], kind: str
) -> None:
    payload = json.dumps({"update_id": 5} | contents, indent=1).encode()

    assert read_envelope(payload) == Envelope(5, kind)


@pytest.mark.parametrize("update_id", [0, 1, 2**53 + 1, 2**63 - 1])
def test_an_id_is_any_whole_number_that_fits_64_bits(update_id: int) -> None:
    assert read_envelope(b'{"update_id": %d}' % update_id).update_id == update_id


@pytest.mark.parametrize(
    "wrong", ["-1", "9223372036854775808", "5.0", "5e0", "true", "null", '"5"', "[5]", "9" * 5_000]
)
def test_nothing_else_is_an_id(wrong: str) -> None:
    payload = f'{{"update_id": {wrong}, "message": {{}}}}'.encode()

    assert reason_of(payload) == "update_id is no whole number from 0 to 2^63-1"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b" \n", "not JSON"),
        (b'{"update_id": 5', "not JSON"),
        (b'{"update_id": 5} {}', "not JSON"),
        (b'{"update_id": 5, "x": NaN}', "not JSON"),
        (b'{"update_id": 5, "x": 01}', "not JSON"),
        (b'{"update_id": 5, "x": "a\nb"}', "not JSON"),
        (b'{"update_id": 5, "x": "\\ud83d" oops}', "not JSON"),
        (b'\xef\xbb\xbf{"update_id": 5}', "not JSON"),
        (b'[{"update_id": 5}]', "JSON, but not an object"),
        (b'"update_id"', "JSON, but not an object"),
        (b"null", "JSON, but not an object"),
        (b"{}", "no update_id"),
        (b'{"message": {}}', "no update_id"),
        (b'{"update_id": 5, "message": {"text": "\xff"}}', "not UTF-8 at byte 38"),
        (b'{"update_id": 5, "message": {"text": "\xed\xa0\x80"}}', "not UTF-8 at byte 38"),
    ],
)
def test_what_is_no_update_says_why(payload: bytes, reason: str) -> None:
    assert reason_of(payload).startswith(reason)


def test_half_a_surrogate_pair_in_a_text_is_no_reason() -> None:
    assert read_envelope(b'{"update_id": 5, "message": {"text": "\\ud83d"}}').update_id == 5
    assert read_envelope(b'{"update_id": 5, "half \\ude00": {}}').update_type == "half �"
