"""Questions: what people ask, whether it was answered, and how long the answers took."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from markupsafe import Markup

from tg_pipeline.report.charts import BarRow, RangeRow, axis_label, time_bars, time_ranges
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    AnswersWeek,
    Headline,
    Period,
    QuestionGroup,
    ReportData,
    ResponseTime,
)
from tg_pipeline.report.page import (
    BarCell,
    Cell,
    LegendItem,
    PageChart,
    PageSection,
    PageTable,
    SparklineCell,
    TableColumn,
)
from tg_pipeline.report.sanitize import UserText
from tg_pipeline.report.theme import ACCENT, INK, SOFT

QUESTIONS: Final = "questions"
ANSWERS: Final = "answers"
RESPONSE_TIMES: Final = "response-times"

TOP_GROUPS: Final = 12
"""Named groups in the table; rarer questions are not frequent questions."""

AXIS_SECONDS: Final = (1, 10, 60, 600, 3_600, 36_000, 86_400, 604_800)
"""Labelled values of the time axis, each about ten times the one before."""

ANSWERER_COLORS: Final = {"bot": INK, "human": ACCENT}


def questions(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the most frequent groups of questions."""
    texts = fmt.messages.questions
    total = sum(row.questions for row in data.questions)
    named = [row for row in data.questions if row.name is not None]
    if not total:
        return PageSection(QUESTIONS, texts.title, texts.nothing, limits=[texts.limit])
    limits = [texts.limit, _whole_weeks(data, fmt)]
    if not named:
        count = fmt.count(total, fmt.messages.nouns.question)
        finding = texts.no_groups.format(questions=count)
        return PageSection(QUESTIONS, texts.title, finding, limits=limits)
    top_finding = fmt.sentence(
        texts.finding,
        name=_group_name(named[0], fmt),
        times=fmt.count(named[0].questions, fmt.messages.nouns.time),
        share=fmt.percent(named[0].questions / total),
    )
    details, tables = _rising(named, data.period, fmt), [_groups_table(data.questions, named, fmt)]
    return PageSection(QUESTIONS, texts.title, top_finding, details, (), tables, limits)


def answers(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the share of answered questions, and what happened afterwards."""
    texts = fmt.messages.answers
    current, limits = data.current, _answer_limits(data, fmt)
    if current.answered_share is None:
        finding = _nothing_visible(current, fmt)
        return PageSection(ANSWERS, texts.title, finding, limits=limits)
    answered = fmt.sentence(
        texts.finding,
        share=fmt.percent(current.answered_share),
        answered=fmt.number(current.answered),
        visible=fmt.number(current.visible),
    )
    details = [*_by_reply(current, fmt), _afterwards(data, fmt)]
    charts = [_answers_chart(data, fmt)]
    return PageSection(ANSWERS, texts.title, answered, details, charts, (), limits)


def response_times(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the median and the 90th percentile of the time to an answer."""
    texts = fmt.messages.response_times
    whole = {row.answered_by: row for row in data.response_times if row.week is None}
    limits = [texts.limit, _whole_weeks(data, fmt)]
    if "anyone" not in whole:
        return PageSection(RESPONSE_TIMES, texts.title, texts.nothing, limits=limits)
    finding = _percentiles(texts.finding, whole["anyone"], fmt)
    details = _bots_and_people(whole, fmt)
    weekly = [r for r in data.response_times if r.week and r.answered_by in ANSWERER_COLORS]
    charts = [_response_times_chart(weekly, data.period, fmt)] if weekly else []
    return PageSection(RESPONSE_TIMES, texts.title, finding, details, charts, (), limits)


def _whole_weeks(data: ReportData, fmt: Formatter) -> str:
    """Return the sentence about whole weeks, since a period can begin and end within one."""
    weeks = data.period.weeks()
    return fmt.messages.questions.weeks.format(
        first=fmt.full_date(weeks[0]), last=fmt.full_date(weeks[-1] + timedelta(days=6))
    )


def _group_name(row: QuestionGroup, fmt: Formatter) -> Cell:
    return UserText(row.name, row.language) if row.name else fmt.messages.questions.others


def _rising(named: Sequence[QuestionGroup], period: Period, fmt: Formatter) -> list[Cell]:
    """Return the group that grew most from the first whole week to the last, if one did."""
    whole = [place for place, week in enumerate(period.weeks()) if period.contains_week(week)]
    if len(whole) < 2:  # noqa: PLR2004 - growth needs two weeks
        return []
    grown = max(named, key=lambda row: row.weeks[whole[-1]] - row.weeks[whole[0]])
    first, last = grown.weeks[whole[0]], grown.weeks[whole[-1]]
    if last <= first:
        return []
    template = fmt.messages.questions.rising
    return [
        fmt.sentence(
            template,
            name=_group_name(grown, fmt),
            first=fmt.number(first),
            last=fmt.number(last),
        )
    ]


def _groups_table(
    rows: Sequence[QuestionGroup], named: Sequence[QuestionGroup], fmt: Formatter
) -> PageTable:
    texts = fmt.messages.questions
    shown = [*named[:TOP_GROUPS], *(row for row in rows if row.name is None)]
    most = max(row.questions for row in named)
    tallest = max((count for row in named[:TOP_GROUPS] for count in row.weeks), default=1)
    columns = [
        TableColumn(texts.question),
        TableColumn(texts.count, is_number=True),
        TableColumn(fmt.messages.page.bar, is_unseen=True),
        TableColumn(texts.by_week),
    ]
    cells = [_group_cells(row, most, tallest, fmt) for row in shown]
    return PageTable("questions-table", texts.caption, columns, cells)


def _group_cells(row: QuestionGroup, most: int, tallest: int, fmt: Formatter) -> list[Cell]:
    counts = ", ".join(map(fmt.number, row.weeks))
    label = fmt.messages.questions.week_counts.format(counts=counts)
    is_rest = row.name is None
    return [
        _name_with_language(row, fmt),
        fmt.number(row.questions),
        "" if is_rest else BarCell(row.questions / most),
        SparklineCell(row.weeks, max(row.weeks, default=1) if is_rest else tallest, label),
    ]


def _name_with_language(row: QuestionGroup, fmt: Formatter) -> Cell:
    if not row.language:
        return _group_name(row, fmt)
    template = Markup('{} <span class="language"><span class="unseen">{}: </span>{}</span>')
    label = fmt.messages.questions.language
    return template.format(_group_name(row, fmt), label, row.language)


def _nothing_visible(current: Headline, fmt: Formatter) -> str:
    texts = fmt.messages.answers
    if not current.questions:
        return texts.nothing
    count = fmt.count(current.questions, fmt.messages.nouns.question)
    return texts.invisible.format(questions=count)


def _by_reply(current: Headline, fmt: Formatter) -> list[Cell]:
    """Return how many of the answers are certain."""
    if not current.answered or current.replied_share is None:
        return []
    replied, share = fmt.number(current.answered_by_reply), fmt.percent(current.replied_share)
    return [fmt.sentence(fmt.messages.answers.by_reply, share=share, replied=replied)]


def _afterwards(data: ReportData, fmt: Formatter) -> Cell:
    answered = sum(week.answered for week in data.answers)
    visible = answered + sum(week.unanswered for week in data.answers)
    thanked = sum(week.thanked for week in data.answers)
    again = sum(week.asked_again for week in data.answers)
    return fmt.sentence(
        fmt.messages.answers.afterwards,
        thanked=fmt.percent(thanked / max(answered, 1)),
        again=fmt.percent(again / max(visible, 1)),
    )


def _answer_limits(data: ReportData, fmt: Formatter) -> list[str]:
    texts = fmt.messages.answers
    unseen = data.current.questions - data.current.visible
    return [
        texts.limit_bot.format(questions=fmt.number(unseen)),
        texts.limit_answer,
        texts.limit_again,
        _whole_weeks(data, fmt),
    ]


def _answers_chart(data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.answers
    has_bot = any(week.answered_by_bot for week in data.answers)
    legend = [
        *([LegendItem("ink", texts.by_bot)] if has_bot else []),
        LegendItem("accent", texts.by_people),
        LegendItem("soft", texts.unanswered),
    ]
    bars = [bar for week in data.answers for bar in _answer_bars(week, data.period, fmt)]
    numbers = _answers_table(data, fmt)
    return PageChart("answers-weeks", texts.label, time_bars(bars), numbers, legend)


def _answer_bars(week: AnswersWeek, period: Period, fmt: Formatter) -> Iterator[BarRow]:
    texts = fmt.messages.answers
    at = axis_label(week.week, period, fmt)
    segments = [
        (texts.by_bot, week.answered_by_bot, INK),
        (texts.by_people, week.answered_by_people, ACCENT),
        (texts.unanswered, week.unanswered, SOFT),
    ]
    for order, (what, count, color) in enumerate(segments):
        tip = texts.tip.format(week=at, what=what, number=fmt.number(count))
        yield BarRow(at, count, color, order, tip)


def _answers_table(data: ReportData, fmt: Formatter) -> PageTable:
    texts = fmt.messages.answers
    heads = [
        texts.by_bot,
        texts.by_people,
        texts.replied,
        texts.unanswered,
        texts.thanked,
        texts.asked_again,
        texts.unseen,
    ]
    columns = [TableColumn(texts.week), *(TableColumn(head, is_number=True) for head in heads)]
    rows = [
        [fmt.full_date(week.week), *map(fmt.number, _week_counts(week))] for week in data.answers
    ]
    return PageTable("answers-numbers", texts.label, columns, rows, is_folded=True)


def _week_counts(week: AnswersWeek) -> list[int]:
    return [
        week.answered_by_bot,
        week.answered_by_people,
        week.answered_by_reply,
        week.unanswered,
        week.thanked,
        week.asked_again,
        week.unseen,
    ]


def _percentiles(template: str, row: ResponseTime, fmt: Formatter) -> Cell:
    return fmt.sentence(
        template, median=fmt.duration(row.median_seconds), p90=fmt.duration(row.p90_seconds)
    )


def _bots_and_people(whole: dict[str, ResponseTime], fmt: Formatter) -> list[Cell]:
    """Return one sentence each for bots and people if both answer."""
    texts = fmt.messages.response_times
    templates = {"bot": texts.by_bot, "human": texts.by_people}
    if not templates.keys() <= whole.keys():
        return []
    return [_percentiles(templates[who], whole[who], fmt) for who in templates]


def _response_times_chart(weekly: list[ResponseTime], period: Period, fmt: Formatter) -> PageChart:
    texts = fmt.messages.response_times
    names = {"bot": texts.bot, "human": texts.people}
    ranges = [
        _range(row, axis_label(row.week, period, fmt), names[row.answered_by], fmt)
        for row in weekly
        if row.week
    ]
    has_bot = any(row.series == "bot" for row in ranges)
    legend = [
        *([LegendItem("ink", texts.bot)] if has_bot else []),
        LegendItem("accent", texts.people),
        LegendItem("none", texts.legend),
    ]
    spec = time_ranges(ranges, _axis_marks(ranges, fmt))
    numbers = _response_times_table(weekly, names, fmt)
    return PageChart("response-times-weeks", texts.label, spec, numbers, legend)


def _range(row: ResponseTime, at: str, who: str, fmt: Formatter) -> RangeRow:
    return RangeRow(
        at=at,
        series=row.answered_by,
        low=max(row.median_seconds, AXIS_SECONDS[0]),
        high=max(row.p90_seconds, AXIS_SECONDS[0]),
        color=ANSWERER_COLORS[row.answered_by],
        tip=fmt.messages.response_times.tip.format(
            week=at,
            who=who,
            median=fmt.duration(row.median_seconds),
            p90=fmt.duration(row.p90_seconds),
        ),
    )


def _axis_marks(ranges: list[RangeRow], fmt: Formatter) -> list[tuple[float, str]]:
    """Return the labelled values around all ranges: the last one below, to the first one above."""
    shortest, longest = min(row.low for row in ranges), max(row.high for row in ranges)
    begin = max(place for place, value in enumerate(AXIS_SECONDS) if value <= shortest)
    last = len(AXIS_SECONDS) - 1
    end = next((place for place, value in enumerate(AXIS_SECONDS) if value > longest), last)
    values = AXIS_SECONDS[min(begin, end - 1) : end + 1]
    return [(value, fmt.duration(value)) for value in values]


def _response_times_table(
    weekly: list[ResponseTime], names: dict[str, str], fmt: Formatter
) -> PageTable:
    texts = fmt.messages.response_times
    columns = [
        TableColumn(texts.week),
        TableColumn(texts.who),
        *(TableColumn(h, is_number=True) for h in (texts.answers, texts.median, texts.p90)),
    ]
    rows = [
        [
            fmt.full_date(row.week),
            names[row.answered_by],
            fmt.number(row.answered),
            fmt.duration(row.median_seconds),
            fmt.duration(row.p90_seconds),
        ]
        for row in weekly
        if row.week
    ]
    return PageTable("response-times-numbers", texts.label, columns, rows, is_folded=True)
