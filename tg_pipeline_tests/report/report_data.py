"""Made-up report data: four weeks, a single day, a quiet period, and those of digests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tg_pipeline.report.formatting import NO_BREAK, Formatter
from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    BlockDay,
    CategoryCount,
    CohortWeek,
    DigestKind,
    DigestPeriod,
    Gap,
    Headline,
    Health,
    HealthDay,
    HourCount,
    MemberDay,
    MethodCalls,
    Outcomes,
    Period,
    PrivateIssues,
    QuestionGroup,
    ReportData,
    ResponseTime,
    SourceReturns,
    Subject,
)
from tg_pipeline_tests.report.made_facts import ANA, MOHAMED, NOBODY, made_facts

PERIOD = Period(date(2026, 10, 5), date(2026, 11, 1))
ZONE = "America/Sao_Paulo"
EN, PT = Formatter("en"), Formatter("pt")

DIGEST_WEEK = DigestPeriod.of(DigestKind.WEEK, date(2026, 10, 7))
DIGEST_DAY = DigestPeriod.of(DigestKind.DAY, date(2026, 10, 7))

HOSTILE = (
    "<script>alert('name')</script>",
    "<img src=x onerror=alert(1)>",
    "</script></style></title><h1 id=injected>big</h1>",
    '" onmouseover="alert(2)" style="position:fixed',
    "{{ 7 * 7 }} {% for x in y %} {0} {name}",
    "\u202e\u2066gnirts desrever\u2069\u2069\u2069 after",
    "NUL \x00 and \x1b[31m escape",
    "😀" * 4096,
    "Z" + "\u0335\u0321\u0489" * 200,
    "ﷺ" * 300,
    "javascript:alert(3)",
    "&lt;b&gt; &amp; &#0;",
    "line\nbreak\tand\u2028separator",
)
"""Names, questions and commands that attack the page, or test its limits."""


def outcomes(answered: int, unknown: int, unanswered: int, median: float) -> Outcomes:
    """Return outcomes in which a third of the answers is thanked, and most are early."""
    return Outcomes(
        answered=answered,
        unanswered=unanswered,
        unknown=unknown,
        unseen=5,
        by_reply=answered // 2,
        by_mention=answered // 4,
        by_only_other=answered - answered // 2 - answered // 4,
        thanked=answered // 3,
        asked_again=answered // 10,
        median_seconds=median,
        early=round(answered * 0.6),
    )


PLACEBO = Outcomes(
    answered=100, unanswered=200, unknown=100, thanked=4, median_seconds=900.0, early=20
)
"""Of messages that are not questions: a quarter is answered, later and with less thanks."""

ALIKE = Outcomes(answered=300, unanswered=40, unknown=60, thanked=97, median_seconds=550, early=178)
"""Messages that are not questions, with the figures of the issues of a digest."""


def month(**changes: Any) -> ReportData:
    """Return the data of the four weeks, with some fields replaced."""
    return replace(_MONTH, **changes)


def month_of(texts: Sequence[str]) -> ReportData:
    """Return the four weeks with these texts in each place that shows users' text."""
    facts = made_facts(texts, texts, texts)
    counts = [CategoryCount(text, 50 - n) for n, text in enumerate(texts)]
    return of_an_answering_bot(
        users=[ActiveUser(text, 100 - n, 120, 5, n + 1) for n, text in enumerate(texts)],
        questions=[QuestionGroup(text, "pt", 50 - n, (9, 8, 7, 6)) for n, text in enumerate(texts)],
        sources=[SourceReturns(text, 50 - n, 9, 8, 0, 0) for n, text in enumerate(texts)],
        calls=[MethodCalls(text, 50 - n, 1, 0, 0, 0, None) for n, text in enumerate(texts)],
        facts=facts,
        **dict.fromkeys(("commands", "content", "reactions", "buttons", "fallbacks"), counts),
    )


def of_an_answering_bot(**changes: Any) -> ReportData:
    """Return the four weeks of a bot that is also asked in private chats, and what it calls."""
    weeks = PERIOD.weeks()
    total = PrivateIssues(None, 60, 12, 8, 4, 6, 3, 5.0)
    calls = [
        MethodCalls("sendMessage", 900, 20, 5, 2, 10, 82.4),
        MethodCalls("x", 3, 0, 0, 0, 3, None),
    ]
    data = month(
        current=replace(_MONTH.current, private=total),
        previous=replace(_MONTH.current, private=replace(total, contained=20)),
        private_issues=[PrivateIssues(week, 15, 3, 2, 1, 1, 1, 5.0) for week in weeks],
        fallbacks=[CategoryCount("Desculpe, não sei.", 8)],
        buttons=[CategoryCount("menu", 8), CategoryCount("none:", 2)],
        sources=[
            SourceReturns("site", 30, 20, 15, 0, 0),
            SourceReturns(None, 10, 10, 3, 4, 1),
        ],
        blocks=[BlockDay(PERIOD.first, 3, 0), BlockDay(PERIOD.last, 1, 1)],
        calls=calls,
    )
    return replace(data, **changes)


def one_day() -> ReportData:
    day = date(2026, 10, 7)
    return ReportData(
        period=Period(day, day),
        zone=ZONE,
        health=Health(days=[HealthDay(day, 1, 1, 0, 0, is_missing=False, is_late=False)]),
        current=Headline(messages=1, users=1),
        activity=[ActivityDay(day, 1, 1, 1, 1)],
        hours=[HourCount(3, 9, 1)],
        content=[CategoryCount("text", 1)],
        users=[ActiveUser("Ana", 1, 1, 1)],
        people_messages=1,
    )


def quiet(period: Period = PERIOD) -> ReportData:
    """Return a period without landed objects, in a lake with earlier days."""
    return ReportData(period, ZONE, Health(first_day=period.previous().first))


def digest_data(period: DigestPeriod, *texts: str) -> ReportData:
    """Return the data of a digest with these texts as questions and commands."""
    shown = texts or ("como emito o certificado?", "why is it empty?", "¿dónde?", "quando?")
    commands = texts or ("ajuda", "aulas")
    return ReportData(
        period=period.period,
        zone=ZONE,
        health=Health(first_day=date(2026, 9, 1)),
        current=Headline(
            1_755,
            46,
            484,
            9,
            4,
            outcomes(300, 60, 40, 549.0),
            outcomes(310, 90, 84, 500.0),
            PLACEBO,
        ),
        previous=Headline(
            1_725,
            46,
            501,
            10,
            6,
            outcomes(290, 70, 40, 547.0),
            outcomes(300, 90, 95, 500.0),
            PLACEBO,
        ),
        activity=[
            ActivityDay(date(2026, 10, day), messages, 9, 9, 9)
            for day, messages in ((5, 200), (6, 283), (7, 274))
        ],
        hours=[HourCount(3, 9, 15), HourCount(3, 20, 24), HourCount(3, 21, 24)],
        questions=[
            *(QuestionGroup(text, "pt", 74 - n, (1,)) for n, text in enumerate(shown)),
            QuestionGroup(None, None, 300, (1,)),
        ],
        commands=[CategoryCount(text, 21 - n) for n, text in enumerate(commands)],
    )


def previous_data(period: DigestPeriod) -> ReportData:
    """Return the data of the previous digest, with messages on its first day only."""
    before = period.previous()
    day = ActivityDay(before.period.first, 100, 5, 5, 5)
    return replace(digest_data(before), activity=[day], hours=[HourCount(2, 9, 30)])


def with_spaces(text: str) -> str:
    """Return a text with ordinary spaces instead of special ones."""
    return text.replace(NO_BREAK, " ").replace("\N{THIN SPACE}", " ")


def _days() -> list[date]:
    return [PERIOD.first + timedelta(days=number) for number in range(PERIOD.days)]


def _activity() -> list[ActivityDay]:
    return [
        ActivityDay(
            day,
            messages=(300, 320, 290, 270, 250, 140, 120)[day.weekday()] + 13 * number % 40,
            users=(27, 29, 26, 25, 24, 15, 14)[day.weekday()] + number % 3,
            weekly_users=38 + number % 4,
            monthly_users=44 + number // 7,
        )
        for number, day in enumerate(_days())
    ]


def _hours() -> list[HourCount]:
    morning = (9, 4, 1, 0, 0, 2, 8, 20, 42, 55, 60, 58)
    by_hour = (*morning, 40, 38, 45, 48, 44, 40, 46, 70, 82, 74, 40, 20)
    by_weekday = (9, 10, 9, 8, 7, 4, 3)
    return [
        HourCount(weekday, hour, round(often * by_weekday[weekday - 1] / 10))
        for weekday in range(1, 8)
        for hour, often in enumerate(by_hour)
    ]


def _health() -> Health:
    days = [
        HealthDay(
            day,
            landed=300,
            updates=298,
            quarantined=int(number == 6),
            duplicates=number % 2,
            is_missing=number == 12,
            is_late=number == 20,
        )
        for number, day in enumerate(_days())
    ]
    return Health(
        days=days,
        gaps=[Gap(7, date(2026, 10, 14), 3), Gap(7, date(2026, 10, 22), 1)],
        last_landed=datetime(2026, 11, 1, 23, 58, tzinfo=UTC),
        first_day=date(2026, 9, 1),
    )


def _response_times() -> list[ResponseTime]:
    weekly = [
        ResponseTime(week, who, 50, median, longest)
        for week in PERIOD.weeks()
        for who, median, longest in (("bot", 2.0, 6.0), ("human", 400.0, 6000.0))
    ]
    return [
        ResponseTime(None, "anyone", 410, 248.0, 3100.0),
        ResponseTime(None, "bot", 120, 2.0, 5.0),
        ResponseTime(None, "human", 290, 420.0, 5400.0),
        *weekly,
    ]


def _counts(**counts: int) -> list[CategoryCount]:
    return [CategoryCount(name, count) for name, count in counts.items()]


_MONTH = ReportData(
    period=PERIOD,
    zone=ZONE,
    bots=[Subject(7, "Monitora", "turma_bot")],
    health=_health(),
    current=Headline(
        6903,
        48,
        812,
        42,
        30,
        outcomes(410, 130, 100, 248.0),
        outcomes(450, 200, 150, 240.0),
        PLACEBO,
    ),
    previous=Headline(
        6120,
        50,
        812,
        30,
        33,
        outcomes(380, 200, 120, 300.0),
        outcomes(400, 250, 150, 290.0),
        PLACEBO,
    ),
    activity=_activity(),
    hours=_hours(),
    questions=[
        QuestionGroup("como emito o certificado?", "pt", 82, (12, 20, 20, 30)),
        QuestionGroup("why is the Athena table empty?", "en", 51, (20, 11, 10, 10)),
        QuestionGroup(None, None, 679, (170, 180, 165, 164)),
    ],
    answers=[
        AnswersWeek(week, 30, 70 + 5 * number, 32, 25, 40, 18, 22)
        for number, week in enumerate(PERIOD.weeks())
    ],
    response_times=_response_times(),
    commands=_counts(ajuda=85, aulas=45, start=40),
    content=_counts(text=6500, photo=215, sticker=109),
    reactions=_counts(**{"👍": 120, "custom:5432109876": 12, "paid": 2}),
    members=[MemberDay(day, 1 + day.day % 3, day.day % 2) for day in _days()],
    cohorts=[
        CohortWeek(
            PERIOD.first - timedelta(weeks=4 - first), 40 - first, offset, 36 - first - 4 * offset
        )
        for first in range(5)
        for offset in range(6 - first)
    ],
    users=[
        ActiveUser("Ana Ribeiro", 812, 900, 27, ANA),
        ActiveUser("محمد", 640, 700, 25, MOHAMED),
        ActiveUser(None, 300, 310, 9, NOBODY),
    ],
    people_messages=6700,
    facts=made_facts(),
)
