"""A secret is compared and used, and not shown."""

import copy
import traceback
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.settings import Secret

SHOWN = "***"
ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@dataclass(frozen=True)
class Holder:
    secret: Secret


def test_a_secret_prints_as_stars_however_it_is_printed() -> None:
    secret = Secret("open sesame")

    printed = [str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret, "%r" % secret]  # noqa: UP031

    assert set(printed) == {SHOWN}


def test_what_holds_a_secret_prints_stars_for_it() -> None:
    holder = Holder(Secret("open sesame"))

    assert repr(holder) == "Holder(secret=***)"
    assert repr(asdict(holder)) == "{'secret': ***}"
    assert repr([holder.secret]) == "[***]"


def test_a_secret_has_no_members_to_be_listed() -> None:
    with pytest.raises(TypeError):
        vars(Secret("open sesame"))


def test_an_error_that_carries_a_secret_does_not_tell_it() -> None:
    with pytest.raises(LookupError) as caught:
        raise LookupError(Secret("open sesame"))

    assert "open sesame" not in str(caught.value)
    assert "open sesame" not in repr(caught.value)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SHOWN in "".join(report.format())


@given(ANY_TEXT)
def test_the_text_is_given_to_whoever_asks_for_it(text: str) -> None:
    assert Secret(text).reveal() == text


@given(ANY_TEXT, ANY_TEXT)
def test_only_the_same_text_matches(text: str, other: str) -> None:
    assert Secret(text).matches(text)
    assert Secret(text).matches(other) is (text == other)


@pytest.mark.parametrize(
    "offered", [None, "", "open", "open sesamE", "open sesame ", "ôpen", "\ud83d"]
)
def test_nothing_and_another_text_do_not_match(offered: str | None) -> None:
    assert not Secret("open sesame").matches(offered)


def test_nothing_offered_does_not_even_match_an_empty_secret() -> None:
    assert not Secret("").matches(None)


@given(ANY_TEXT, ANY_TEXT)
def test_equal_texts_are_equal_secrets(text: str, other: str) -> None:
    assert (Secret(text) == Secret(other)) is (text == other)
    assert len({Secret(text), Secret(other)}) == len({text, other})


def test_a_secret_is_not_equal_to_its_text() -> None:
    assert Secret("open sesame") != "open sesame"


def test_a_copy_is_as_secret_as_the_secret() -> None:
    assert repr(copy.deepcopy(Secret("open sesame"))) == SHOWN
