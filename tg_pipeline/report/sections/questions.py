"""Questions: what people ask, whether it was answered, and how long the answers took."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Final

from markupsafe import Markup

from tg_pipeline.report.drawing.charts import (
    BarRow,
    RangeRow,
    axis_label,
    fill_of,
    time_bars,
    time_ranges,
)
from tg_pipeline.report.drawing.theme import ACCENT, INK, SECOND, SOFT
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    AnswersWeek,
    Headline,
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
from tg_pipeline.report.shares import Share, is_rise, is_testable

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
    limits = [texts.limit]
    if not total:
        nothing = texts.no_texts if data.health.has_no_texts else texts.nothing
        return PageSection(QUESTIONS, texts.title, nothing, limits=limits)
    if not named:
        count = fmt.count(total, fmt.messages.nouns.question)
        no_groups = texts.no_groups.format(questions=count)
        return PageSection(QUESTIONS, texts.title, no_groups, limits=limits)
    finding = fmt.sentence(
        texts.finding,
        name=_group_name(named[0], fmt),
        times=fmt.count(named[0].questions, fmt.messages.nouns.time),
        share=fmt.share(Share(named[0].questions, total)),
    )
    details, tables = _rising(named, data, fmt), [_groups_table(data, named, fmt)]
    return PageSection(QUESTIONS, texts.title, finding, details, (), tables, limits)


def answers(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the share of the issues that were answered, and what happened afterwards."""
    texts = fmt.messages.answers
    current, limits = data.current, _answer_limits(data.current, fmt)
    if not current.issues.seen:
        return PageSection(ANSWERS, texts.title, _nothing_visible(current, fmt), limits=limits)
    details = [
        *_evidence(current, fmt),
        _placebo(current, fmt),
        *_not_answered(current, fmt),
        *_afterwards(current, fmt),
    ]
    charts = [_answers_chart(data, fmt)]
    finding = _answered(current, fmt)
    return PageSection(ANSWERS, texts.title, finding, details, charts, (), limits)


def response_times(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the median and the 90th percentile of the time to an answer."""
    texts = fmt.messages.response_times
    whole = {row.answered_by: row for row in data.response_times if row.week is None}
    limits = [texts.limit, texts.limit_bot]
    if "anyone" not in whole:
        return PageSection(RESPONSE_TIMES, texts.title, texts.nothing, limits=limits)
    finding, details = _waits(data.current, whole["anyone"], fmt)
    weekly = [r for r in data.response_times if r.week and r.answered_by in ANSWERER_COLORS]
    charts = [_response_times_chart(weekly, data, fmt)] if weekly else []
    if data.current.has_clear_waits:
        details += _bots_and_people(whole, fmt)
    return PageSection(RESPONSE_TIMES, texts.title, finding, details, charts, (), limits)


def _week(monday: date, data: ReportData, fmt: Formatter) -> str:
    """Return a week for a table, marked if it is incomplete."""
    return fmt.bucket(fmt.full_date(monday), is_complete=data.is_whole_week(monday))


def _pale(weeks: Sequence[date], data: ReportData, fmt: Formatter) -> list[LegendItem]:
    """Return the legend of incomplete weeks if there are any."""
    is_needed = not all(map(data.is_whole_week, weeks))
    return [LegendItem("pale", fmt.messages.page.pale)] if is_needed else []


# What people ask


def _group_name(row: QuestionGroup, fmt: Formatter) -> Cell:
    return UserText(row.name, row.language) if row.name else fmt.messages.questions.others


def _rising(named: Sequence[QuestionGroup], data: ReportData, fmt: Formatter) -> list[Cell]:
    """Return the group that grew most from the first complete week to the last.

    Only if it grew by more than chance explains.
    """
    weeks = data.period.weeks()
    whole = [place for place, week in enumerate(weeks) if data.is_whole_week(week)]
    if len(whole) < 2:  # noqa: PLR2004 - growth needs two weeks
        return []
    begin, end = whole[0], whole[-1]
    tested = [row for row in named if is_testable(row.weeks[begin], row.weeks[end])]
    risen = [row for row in tested if is_rise(row.weeks[begin], row.weeks[end], len(tested))]
    if not risen:
        return []
    grown = max(risen, key=lambda row: row.weeks[end] - row.weeks[begin])
    return [
        fmt.sentence(
            fmt.messages.questions.rising,
            name=_group_name(grown, fmt),
            first=fmt.number(grown.weeks[begin]),
            last=fmt.number(grown.weeks[end]),
            first_week=axis_label(weeks[begin], data.period, fmt),
            last_week=axis_label(weeks[end], data.period, fmt),
        )
    ]


def _groups_table(data: ReportData, named: Sequence[QuestionGroup], fmt: Formatter) -> PageTable:
    texts, weeks = fmt.messages.questions, data.period.weeks()
    shown = [*named[:TOP_GROUPS], *(row for row in data.questions if row.name is None)]
    most = max(row.questions for row in named)
    tallest = max(chain(*(row.weeks for row in named[:TOP_GROUPS])), default=1)
    columns = [
        TableColumn(texts.question),
        TableColumn(texts.count, is_number=True),
        TableColumn(fmt.messages.page.bar, is_unseen=True),
        TableColumn(texts.by_week),
    ]
    incomplete = frozenset(n for n, week in enumerate(weeks) if not data.is_whole_week(week))
    cells = [_group_cells(row, most, tallest, incomplete, fmt) for row in shown]
    note = fmt.messages.page.pale if incomplete else ""
    return PageTable("questions-table", texts.caption, columns, cells, note=note)


def _group_cells(
    row: QuestionGroup, most: int, tallest: int, incomplete: frozenset[int], fmt: Formatter
) -> list[Cell]:
    counts = [
        fmt.bucket(fmt.number(count), is_complete=place not in incomplete)
        for place, count in enumerate(row.weeks)
    ]
    label = fmt.messages.questions.week_counts.format(counts=", ".join(counts))
    is_rest = row.name is None
    maximum = max(row.weeks, default=1) if is_rest else tallest
    return [
        _name_with_language(row, fmt),
        fmt.number(row.questions),
        "" if is_rest else BarCell(row.questions / most),
        SparklineCell(row.weeks, incomplete, maximum, label),
    ]


def _name_with_language(row: QuestionGroup, fmt: Formatter) -> Cell:
    if not row.language:
        return _group_name(row, fmt)
    template = Markup('{} <span class="language"><span class="unseen">{}: </span>{}</span>')
    label = fmt.messages.questions.language
    return template.format(_group_name(row, fmt), label, row.language)


# Whether it was answered


def _nothing_visible(current: Headline, fmt: Formatter) -> str:
    texts, unseen = fmt.messages.answers, current.issues.unseen
    if not unseen:
        return texts.nothing
    return texts.invisible.format(issues=fmt.count(unseen, fmt.messages.nouns.issue))


def _answered(current: Headline, fmt: Formatter) -> Cell:
    """Return the share of answered issues, if it differs from the placebo."""
    texts, test = fmt.messages.answers, current.answered_test
    if not test.has_enough_cases:
        return texts.few
    if not test.is_distinct:
        return texts.unclear
    return fmt.sentence(
        texts.finding if test.is_higher else texts.fewer,
        share=fmt.percent(current.answered.value or 0),
        answered=fmt.cases(current.answered),
    )


def _evidence(current: Headline, fmt: Formatter) -> Iterator[Cell]:
    """Yield the answered issues, unless they are the finding, and the evidence of the answers."""
    texts, issues, answered = fmt.messages.answers, current.issues, current.answered
    if not current.answered_test.is_distinct:
        share, cases = fmt.percent(answered.value or 0), fmt.cases(answered)
        yield fmt.sentence(texts.by_rule, share=share, cases=cases)
    yield fmt.sentence(
        texts.evidence,
        reply=fmt.number(issues.by_reply),
        mention=fmt.number(issues.by_mention),
        only_other=fmt.number(issues.by_only_other),
    )


def _placebo(current: Headline, fmt: Formatter) -> Cell:
    texts, test = fmt.messages.answers, current.answered_test
    if test.placebo.value is None:
        return texts.no_placebo
    return fmt.sentence(
        texts.placebo,
        share=fmt.percent(test.placebo.value),
        cases=fmt.cases(test.placebo),
        single=fmt.percent(test.figure.value or 0),
        singles=fmt.cases(test.figure),
    )


def _not_answered(current: Headline, fmt: Formatter) -> Iterator[Cell]:
    texts, issues = fmt.messages.answers, current.issues
    counts = [(texts.unknown, issues.unknown), (texts.unanswered, issues.unanswered)]
    for template, count in counts:
        share, number = fmt.percent(count / issues.seen), fmt.number(count)
        yield fmt.sentence(template, share=share, number=number)


def _afterwards(current: Headline, fmt: Formatter) -> Iterator[Cell]:
    texts, test = fmt.messages.answers, current.thanked_test
    if current.thanked.whole:
        unclear = texts.thanked_unclear if test.has_enough_cases else texts.thanked_few
        yield fmt.sentence(
            texts.thanked if test.is_distinct else unclear,
            share=fmt.share(current.thanked),
            placebo=fmt.share(test.placebo),
        )
    again = Share(current.issues.asked_again, current.issues.seen)
    yield fmt.sentence(texts.asked_again, share=fmt.share(again))


def _answer_limits(current: Headline, fmt: Formatter) -> list[str]:
    texts, issues = fmt.messages.answers, current.issues
    all_issues = fmt.count(issues.seen + issues.unseen, fmt.messages.nouns.issue)
    limit_bot = texts.limit_bot
    if issues.unseen:
        limit_bot += f" {texts.left_out.format(issues=fmt.number(issues.unseen))}"
    return [
        texts.limit_issue.format(issues=all_issues),
        texts.limit_answer,
        limit_bot,
        texts.limit_again,
    ]


def _answers_chart(data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.answers
    has_bot = any(week.answered_by_bot for week in data.answers)
    legend = [
        *([LegendItem("ink", texts.by_bot)] if has_bot else []),
        LegendItem("accent", texts.by_people),
        LegendItem("second", texts.not_known),
        LegendItem("soft", texts.not_answered),
        *_pale([week.week for week in data.answers], data, fmt),
    ]
    bars = [bar for week in data.answers for bar in _answer_bars(week, data, fmt)]
    numbers = _answers_table(data, fmt)
    return PageChart("answers-weeks", texts.label, time_bars(bars), numbers, legend)


def _answer_bars(week: AnswersWeek, data: ReportData, fmt: Formatter) -> Iterator[BarRow]:
    texts = fmt.messages.answers
    at, is_complete = axis_label(week.week, data.period, fmt), data.is_whole_week(week.week)
    segments = [
        (texts.by_bot, week.answered_by_bot, INK),
        (texts.by_people, week.answered_by_people, ACCENT),
        (texts.not_known, week.unknown, SECOND),
        (texts.not_answered, week.unanswered, SOFT),
    ]
    for order, (what, count, color) in enumerate(segments):
        when = fmt.bucket(at, is_complete=is_complete)
        tip = texts.tip.format(week=when, what=what, number=fmt.number(count))
        yield BarRow(at, count, color, order, tip, fill_of(is_complete=is_complete))


def _answers_table(data: ReportData, fmt: Formatter) -> PageTable:
    texts = fmt.messages.answers
    heads = [
        texts.by_bot,
        texts.by_people,
        texts.not_known,
        texts.not_answered,
        texts.thanks,
        texts.again,
        texts.unseen,
    ]
    columns = [TableColumn(texts.week), *(TableColumn(head, is_number=True) for head in heads)]
    rows = [
        [_week(week.week, data, fmt), *map(fmt.number, _week_counts(week))] for week in data.answers
    ]
    return PageTable("answers-numbers", texts.label, columns, rows, is_folded=True)


def _week_counts(week: AnswersWeek) -> list[int]:
    return [
        week.answered_by_bot,
        week.answered_by_people,
        week.unknown,
        week.unanswered,
        week.thanked,
        week.asked_again,
        week.unseen,
    ]


# How long the answers took


def _waits(current: Headline, anyone: ResponseTime, fmt: Formatter) -> tuple[Cell, list[Cell]]:
    """Return the finding and the details: the wait is a finding if it is that of answers."""
    texts = fmt.messages.response_times
    details = [_other_waits(current, fmt)]
    business = current.issues.business_median_seconds
    if business is not None:
        details.append(fmt.sentence(texts.business, median=fmt.duration(business)))
    if current.has_clear_waits:
        return _percentiles(texts.finding, anyone, fmt), details
    measured = _percentiles(texts.measured, anyone, fmt)
    is_unclear = current.wait_test.has_enough_cases
    return texts.unclear if is_unclear else texts.few, [measured, *details]


def _other_waits(current: Headline, fmt: Formatter) -> Cell:
    """Return how long the placebo waits."""
    texts, placebo = fmt.messages.response_times, current.placebo
    if placebo.median_seconds is None:
        return texts.no_placebo
    return fmt.sentence(
        texts.placebo,
        median=fmt.duration(placebo.median_seconds),
        answers=fmt.count(placebo.answered, fmt.messages.nouns.answer),
    )


def _percentiles(template: str, row: ResponseTime, fmt: Formatter) -> Cell:
    return fmt.sentence(
        template,
        median=fmt.duration(row.median_seconds),
        p90=fmt.duration(row.p90_seconds),
        answers=fmt.count(row.answered, fmt.messages.nouns.answer),
    )


def _bots_and_people(whole: dict[str, ResponseTime], fmt: Formatter) -> list[Cell]:
    """Return one sentence each for bots and people if both answer."""
    texts = fmt.messages.response_times
    templates = {"bot": texts.by_bot, "human": texts.by_people}
    if not templates.keys() <= whole.keys():
        return []
    return [_percentiles(templates[who], whole[who], fmt) for who in templates]


def _response_times_chart(
    weekly: list[ResponseTime], data: ReportData, fmt: Formatter
) -> PageChart:
    texts = fmt.messages.response_times
    names = {"bot": texts.bot, "human": texts.people}
    ranges = [
        _range(row, row.week, names[row.answered_by], data, fmt) for row in weekly if row.week
    ]
    has_bot = any(row.series == "bot" for row in ranges)
    legend = [
        *([LegendItem("ink", texts.bot)] if has_bot else []),
        LegendItem("accent", texts.people),
        LegendItem("none", texts.legend),
        *_pale([row.week for row in weekly if row.week], data, fmt),
    ]
    spec = time_ranges(ranges, _axis_marks(ranges, fmt))
    numbers = _response_times_table(weekly, names, data, fmt)
    return PageChart("response-times-weeks", texts.label, spec, numbers, legend)


def _range(row: ResponseTime, week: date, who: str, data: ReportData, fmt: Formatter) -> RangeRow:
    at, is_complete = axis_label(week, data.period, fmt), data.is_whole_week(week)
    return RangeRow(
        at=at,
        series=row.answered_by,
        low=max(row.median_seconds, AXIS_SECONDS[0]),
        high=max(row.p90_seconds, AXIS_SECONDS[0]),
        color=ANSWERER_COLORS[row.answered_by],
        tip=fmt.messages.response_times.tip.format(
            week=fmt.bucket(at, is_complete=is_complete),
            who=who,
            median=fmt.duration(row.median_seconds),
            p90=fmt.duration(row.p90_seconds),
            answers=fmt.count(row.answered, fmt.messages.nouns.answer),
        ),
        fill=fill_of(is_complete=is_complete),
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
    weekly: list[ResponseTime], names: dict[str, str], data: ReportData, fmt: Formatter
) -> PageTable:
    texts = fmt.messages.response_times
    columns = [
        TableColumn(texts.week),
        TableColumn(texts.who),
        *(TableColumn(h, is_number=True) for h in (texts.answers, texts.median, texts.p90)),
    ]
    rows = [
        [
            _week(row.week, data, fmt),
            names[row.answered_by],
            fmt.number(row.answered),
            fmt.duration(row.median_seconds),
            fmt.duration(row.p90_seconds),
        ]
        for row in weekly
        if row.week
    ]
    return PageTable("response-times-numbers", texts.label, columns, rows, is_folded=True)
