"""A made-up week and a made-up day, as the facts of a digest."""

from dataclasses import replace
from datetime import date

from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.health import Health
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.rows import ActivityDay, FrequentQuestion, HourCount, Tally
from tg_pipeline.marts.report.speech import Speech

WEEK = Edition.of(Kind.WEEK, date(2026, 10, 7))
DAY = Edition.of(Kind.DAY, date(2026, 10, 7))
EN, PT = Speech(LANGUAGES["en"]), Speech(LANGUAGES["pt"])


def facts_of(edition: Edition, *texts: str) -> Facts:
    """Give the facts of a period in which people asked, and commanded, these texts."""
    shown = texts or ("como emito o certificado?", "why is it empty?", "¿dónde?", "quando?")
    return Facts(
        period=edition.period,
        zone="America/Sao_Paulo",
        health=Health(first_day=date(2026, 9, 1)),
        now=Headline(1_755, 46, 484, 479, 434, 549.0, 9, 4),
        before=Headline(1_725, 46, 501, 493, 453, 547.0, 10, 6),
        activity=[ActivityDay(date(2026, 10, 5), 200, 9, 9, 9), _tuesday(), _wednesday()],
        hours=[HourCount(3, 9, 15), HourCount(3, 20, 24), HourCount(3, 21, 24)],
        questions=[
            *(FrequentQuestion(text, "pt", 74 - n, (1,)) for n, text in enumerate(shown)),
            FrequentQuestion(None, None, 300, (1,)),
        ],
        commands=[Tally(text, 21 - n) for n, text in enumerate(texts or ("ajuda", "aulas"))],
    )


def quiet(edition: Edition) -> Facts:
    """Give the facts of a period in which nothing happened."""
    first_day = edition.before().period.first
    return Facts(edition.period, "America/Sao_Paulo", Health(first_day=first_day))


def earlier(edition: Edition) -> Facts:
    """Give the facts of the period before, with messages on its first day only."""
    before = edition.before()
    day = ActivityDay(before.period.first, 100, 5, 5, 5)
    return replace(facts_of(before), activity=[day], hours=[HourCount(2, 9, 30)])


def _tuesday() -> ActivityDay:
    return ActivityDay(date(2026, 10, 6), 283, 30, 40, 45)


def _wednesday() -> ActivityDay:
    return ActivityDay(date(2026, 10, 7), 274, 35, 47, 48)
