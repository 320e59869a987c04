"""Numbers, days and spans of time, as English and Portuguese write them."""

from datetime import date, datetime

import pytest
from markupsafe import Markup

from tg_pipeline.marts.report.language import EN, PT
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.speech import Noun, Speech

ENGLISH, PORTUGUESE = Speech(EN), Speech(PT)
TUESDAY = date(2026, 10, 13)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "digits", "english", "portuguese"),
    [
        (0, 0, "0", "0"),
        (1234567, 0, "1,234,567", "1.234.567"),
        (1234.56, 1, "1,234.6", "1.234,6"),
        (-3, 0, "\N{MINUS SIGN}3", "\N{MINUS SIGN}3"),
        (-0.2, 0, "0", "0"),
    ],
)
def test_a_number_has_the_marks_of_its_language(
    value: float, digits: int, english: str, portuguese: str
) -> None:
    assert ENGLISH.number(value, digits) == english
    assert PORTUGUESE.number(value, digits) == portuguese


def test_a_share_below_one_percent_keeps_a_decimal() -> None:
    assert ENGLISH.percent(0.004) == "0.4%"
    assert PORTUGUESE.percent(0.004) == "0,4%"
    assert PORTUGUESE.percent(0.456) == "46%"
    assert ENGLISH.percent(0) == "0%"


def test_one_thing_is_no_things() -> None:
    message = Noun("message", "messages")

    assert plain(ENGLISH.count(1, message)) == "1 message"
    assert plain(ENGLISH.count(0, message)) == "0 messages"
    assert plain(ENGLISH.count(1200, message)) == "1,200 messages"


def test_what_came_on_top_has_a_sign() -> None:
    assert [ENGLISH.signed(change) for change in (5, 0, -5)] == ["+5", "0", "\N{MINUS SIGN}5"]


def test_days_are_written_as_people_say_them() -> None:
    assert ENGLISH.day(TUESDAY) == "Tue 13 Oct"
    assert PORTUGUESE.day(TUESDAY) == "ter 13 out"
    assert PORTUGUESE.full_date(TUESDAY) == "13 out 2026"
    assert ENGLISH.moment(datetime(2026, 10, 13, 20, 5)) == "13 Oct 2026, 20:05"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("first", "last", "english"),
    [
        (date(2026, 10, 1), date(2026, 10, 28), "1–28 Oct 2026"),
        (date(2026, 10, 5), date(2026, 11, 1), "5 Oct – 1 Nov 2026"),
        (date(2026, 12, 20), date(2027, 1, 16), "20 Dec 2026 – 16 Jan 2027"),
        (TUESDAY, TUESDAY, "13 Oct 2026"),
    ],
)
def test_a_span_says_no_month_and_no_year_twice(first: date, last: date, english: str) -> None:
    assert ENGLISH.span(Period(first, last)) == english


@pytest.mark.parametrize(
    ("seconds", "english", "portuguese"),
    [
        (0.4, "0 s", "0 s"),
        (59.6, "1 min", "1 min"),
        (248, "4 min 8 s", "4 min 8 s"),
        (3_600, "1 h", "1 h"),
        (5_400, "1 h 30 min", "1 h 30 min"),
        (86_400, "1 day", "1 dia"),
        (200_000, "2 days", "2 dias"),
    ],
)
def test_a_time_has_its_two_largest_units(seconds: float, english: str, portuguese: str) -> None:
    assert plain(ENGLISH.duration(seconds)) == english
    assert plain(PORTUGUESE.duration(seconds)) == portuguese


def test_what_fills_a_sentence_is_escaped() -> None:
    said = ENGLISH.sentence("Most: {name}, {markup} & more", name="<b>", markup=Markup("<i>x</i>"))

    assert said == "Most: &lt;b&gt;, <i>x</i> &amp; more"


def test_a_text_with_braces_fills_a_sentence_as_it_is() -> None:
    assert ENGLISH.sentence("Most: {name}", name="{0} {secret}") == "Most: {0} {secret}"
