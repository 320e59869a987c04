"""Numbers, dates and durations in English and Portuguese."""

from datetime import date, datetime

import pytest
from markupsafe import Markup

from tg_pipeline.report.formatting import MINUS
from tg_pipeline.report.messages import Plural
from tg_pipeline.report.models import Period
from tg_pipeline_tests.report.report_data import EN, PT, with_spaces

TUESDAY = date(2026, 10, 13)


@pytest.mark.parametrize(
    ("value", "digits", "english", "portuguese"),
    [
        (1234567, 0, "1,234,567", "1.234.567"),
        (1234.56, 1, "1,234.6", "1.234,6"),
        (-3, 0, f"{MINUS}3", f"{MINUS}3"),
        (-0.2, 0, "0", "0"),
    ],
)
def test_numbers_have_the_separators_of_the_language(
    value: float, digits: int, english: str, portuguese: str
) -> None:
    assert EN.number(value, digits) == english
    assert PT.number(value, digits) == portuguese


def test_percentages_below_one_and_means_below_ten_keep_a_decimal_unless_whole() -> None:
    assert [EN.percent(share) for share in (0, 0.004, 0.456)] == ["0%", "0.4%", "46%"]
    assert PT.percent(0.004) == "0,4%"
    assert [EN.mean(value) for value in (9.0, 9.24, 240.4)] == ["9", "9.2", "240"]


def test_counts_have_the_plural_of_the_language() -> None:
    message, mensagem = EN.messages.nouns.message, PT.messages.nouns.message

    english = [with_spaces(EN.count(n, message)) for n in (0, 1, 1200)]
    assert english == ["0 messages", "1 message", "1,200 messages"]
    portuguese = [with_spaces(PT.count(n, mensagem)) for n in (0, 2, 1_000_000)]
    assert portuguese == ["0 mensagens", "2 mensagens", "1.000.000 mensagens"]
    assert with_spaces(EN.count(1, Plural(other="sheep"))) == "1 sheep"


@pytest.mark.parametrize(
    ("method", "english", "portuguese"),
    [
        ("day", "Tue 13 Oct", "ter., 13 de out."),
        ("weekday_date", "Tue, 13 Oct 2026", "ter., 13 de out. de 2026"),
        ("full_date", "13 Oct 2026", "13 de out. de 2026"),
        ("axis_day", "13 Oct", "13 out."),
        ("axis_date", "13 Oct 2026", "13 out. 2026"),
    ],
)
def test_dates_are_written_as_in_the_language(method: str, english: str, portuguese: str) -> None:
    assert getattr(EN, method)(TUESDAY) == english
    assert getattr(PT, method)(TUESDAY) == portuguese


def test_instants_are_local_and_in_24_hours() -> None:
    assert EN.moment(datetime(2026, 10, 13, 20, 5)) == "13 Oct 2026, 20:05"  # noqa: DTZ001
    assert (EN.hours(23), PT.hours(7)) == ("23:00–24:00", "7h–8h")


@pytest.mark.parametrize(
    ("first", "last", "english"),
    [
        (date(2026, 10, 1), date(2026, 10, 28), "1 – 28 Oct 2026"),
        (date(2026, 10, 5), date(2026, 11, 1), "5 Oct – 1 Nov 2026"),
        (date(2026, 12, 20), date(2027, 1, 16), "20 Dec 2026 – 16 Jan 2027"),
        (TUESDAY, TUESDAY, "13 Oct 2026"),
    ],
)
def test_spans_repeat_neither_month_nor_year(first: date, last: date, english: str) -> None:
    assert with_spaces(EN.span(Period(first, last))) == english


@pytest.mark.parametrize(
    ("seconds", "english", "portuguese"),
    [
        (59.6, "1 min", "1 min"),
        (248, "4 min 8 s", "4 min 8 s"),
        (5_400, "1 h 30 min", "1 h 30 min"),
        (86_400, "1 day", "1 dia"),
        (169_200, "1 day 23 h", "1 dia 23 h"),
        (200_000, "2 days 7 h", "2 dias 7 h"),
    ],
)
def test_durations_have_their_two_largest_units(
    seconds: float, english: str, portuguese: str
) -> None:
    assert with_spaces(EN.duration(seconds)) == english
    assert with_spaces(PT.duration(seconds)) == portuguese


def test_values_in_sentences_are_escaped_and_never_formatted_again() -> None:
    text = EN.sentence("Most: {name}, {markup} & more", name="<b>{0}", markup=Markup("<i>x</i>"))

    assert text == "Most: &lt;b&gt;{0}, <i>x</i> &amp; more"
