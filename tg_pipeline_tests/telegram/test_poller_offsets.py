"""An offset confirms what was given, and never what was not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.telegram.polling import LARGEST_OFFSET, next_offset, update_id_of


def update(update_id: int) -> bytes:
    return b'{"update_id":%d,"message":{}}' % update_id


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (b'{"update_id":1}', 1),
        (b'{"update_id":0}', None),
        (b'{"message":{"update_id":1},"update_id" : 7}', 7),
        (rb'{"message":"half a pair \ud800","update_id":7}', 7),
        (b'{"update_id":2147483646}', 2_147_483_646),
        (b'{"update_id":2147483647}', None),
        (b'{"update_id":99999999999999999999}', None),
        (b'{"update_id":-1}', None),
        (b'{"update_id":7.0}', None),
        (b'{"update_id":"7"}', None),
        (b'{"update_id":true}', None),
        (b'{"message":{}}', None),
        (b"7", None),
        (b"", None),
    ],
)
def test_an_id_is_known_or_not(body: bytes, known: int | None) -> None:
    assert update_id_of(body) == known


def test_what_was_given_is_confirmed_by_the_id_after_the_last() -> None:
    assert next_offset(None, [update(5), update(6), update(9)]) == 10


def test_what_has_no_id_is_confirmed_by_its_place() -> None:
    assert next_offset(5, [b"null", b"{}"]) == 7
    assert next_offset(5, [b"null", update(9)]) == 10
    assert next_offset(None, [b"null", update(9), b"null", b"{}"]) == 12
    assert next_offset(8, [update(8), b"null"]) == 10


def test_what_has_no_id_and_no_place_is_not_confirmed() -> None:
    assert next_offset(None, [b"null"]) is None


def test_ids_that_start_anew_are_followed_down() -> None:
    assert next_offset(1_000_000, [update(17), update(18)]) == 19


def test_an_absurd_id_confirms_nothing_beyond_its_place() -> None:
    absurd = update(2**63 - 1)

    assert next_offset(None, [update(5), absurd]) == 7
    assert next_offset(7, [absurd]) == 8


@given(st.lists(st.integers(1, 60), unique=True), st.sets(st.integers(0, 99)), st.integers(1, 60))
def test_nothing_is_confirmed_that_was_not_given(
    queue: list[int], unreadable: set[int], offset: int
) -> None:
    # Given a queue, some of whose updates have an id that can't be read
    given_ids = sorted(each for each in queue if each >= offset)[:5]
    bodies = [b"null" if each in unreadable else update(each) for each in given_ids]

    # When they are confirmed
    following = next_offset(offset, bodies) or 0

    # Then what is below that was given, or was confirmed before
    assert all(each in given_ids for each in queue if offset <= each < following)
    assert following <= LARGEST_OFFSET
