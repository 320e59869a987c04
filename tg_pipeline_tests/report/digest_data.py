"""Made-up digest data: a week and a day."""

from dataclasses import replace
from datetime import date

from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    ActivityDay,
    CategoryCount,
    DigestKind,
    DigestPeriod,
    Headline,
    Health,
    HourCount,
    QuestionGroup,
    ReportData,
)

WEEK = DigestPeriod.of(DigestKind.WEEK, date(2026, 10, 7))
DAY = DigestPeriod.of(DigestKind.DAY, date(2026, 10, 7))
EN, PT = Formatter("en"), Formatter("pt")


def data_of(period: DigestPeriod, *texts: str) -> ReportData:
    """Return a period's data with these texts as questions and commands."""
    shown = texts or ("como emito o certificado?", "why is it empty?", "¿dónde?", "quando?")
    return ReportData(
        period=period.period,
        zone="America/Sao_Paulo",
        health=Health(first_day=date(2026, 9, 1)),
        current=Headline(1_755, 46, 484, 479, 434, 549.0, 9, 4),
        previous=Headline(1_725, 46, 501, 493, 453, 547.0, 10, 6),
        activity=[ActivityDay(date(2026, 10, 5), 200, 9, 9, 9), _tuesday(), _wednesday()],
        hours=[HourCount(3, 9, 15), HourCount(3, 20, 24), HourCount(3, 21, 24)],
        questions=[
            *(QuestionGroup(text, "pt", 74 - n, (1,)) for n, text in enumerate(shown)),
            QuestionGroup(None, None, 300, (1,)),
        ],
        commands=[
            CategoryCount(text, 21 - n) for n, text in enumerate(texts or ("ajuda", "aulas"))
        ],
    )


def quiet(period: DigestPeriod) -> ReportData:
    """Return the data of a period without activity."""
    first_day = period.previous().period.first
    return ReportData(period.period, "America/Sao_Paulo", Health(first_day=first_day))


def previous(period: DigestPeriod) -> ReportData:
    """Return the data of the previous period, with messages on its first day only."""
    before = period.previous()
    day = ActivityDay(before.period.first, 100, 5, 5, 5)
    return replace(data_of(before), activity=[day], hours=[HourCount(2, 9, 30)])


def _tuesday() -> ActivityDay:
    return ActivityDay(date(2026, 10, 6), 283, 30, 40, 45)


def _wednesday() -> ActivityDay:
    return ActivityDay(date(2026, 10, 7), 274, 35, 47, 48)
