"""Whether it helps: what became of the questions."""

from collections.abc import Iterator
from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import time_bars
from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.marks import TimeBar
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.rows import AnswersWeek
from tg_pipeline.marts.report.sections.weeks import counted_weeks
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import ACCENT, INK, SOFT
from tg_pipeline.marts.report.time_axis import day_label
from tg_pipeline.marts.report.words import words_of

NAME: Final = "answers"


def section(facts: Facts, say: Speech) -> Section:
    """Give the share of questions that were answered, and what came after."""
    words = words_of(say).answers
    now, limits = facts.now, _limits(facts, say)
    if now.answered_share is None:
        return Section(NAME, words.title, _nothing(now, say), limits=limits)
    finding = say.sentence(
        words.finding,
        share=say.percent(now.answered_share),
        answered=say.number(now.answered),
        visible=say.number(now.visible),
    )
    details, charts = [*_by_reply(now, say), *_afterwards(facts, say)], [_chart(facts, say)]
    return Section(NAME, words.title, finding, details, charts, (), limits)


def _nothing(now: Headline, say: Speech) -> str:
    words, nouns = words_of(say).answers, words_of(say).nouns
    if not now.questions:
        return words.nothing
    return words.invisible.format(questions=say.count(now.questions, nouns.question))


def _by_reply(now: Headline, say: Speech) -> list[Cell]:
    """Say how many of the answers are answers for certain."""
    if not now.answered or now.replied_share is None:
        return []
    replied, share = say.number(now.answered_by_reply), say.percent(now.replied_share)
    return [say.sentence(words_of(say).answers.by_reply, share=share, replied=replied)]


def _afterwards(facts: Facts, say: Speech) -> list[Cell]:
    words = words_of(say).answers
    answered = sum(week.answered for week in facts.answers)
    visible = answered + sum(week.unanswered for week in facts.answers)
    thanked = sum(week.thanked for week in facts.answers)
    again = sum(week.asked_again for week in facts.answers)
    return [
        say.sentence(
            words.afterwards,
            thanked=say.percent(thanked / max(answered, 1)),
            again=say.percent(again / max(visible, 1)),
        )
    ]


def _limits(facts: Facts, say: Speech) -> list[str]:
    words, nouns = words_of(say).answers, words_of(say).nouns
    unseen = facts.now.questions - facts.now.visible
    return [
        words.limit_bot.format(questions=say.count(unseen, nouns.question)),
        words.limit_answer,
        words.limit_again,
        counted_weeks(facts, say),
    ]


def _chart(facts: Facts, say: Speech) -> Chart:
    words = words_of(say).answers
    keys = [
        *([Key("ink", words.by_bot)] if any(w.answered_by_bot for w in facts.answers) else []),
        Key("accent", words.by_people),
        Key("soft", words.unanswered),
    ]
    bars = [bar for week in facts.answers for bar in _parts(week, facts.period, say)]
    return Chart("answers-weeks", words.label, time_bars(bars), _numbers(facts, say), keys)


def _parts(week: AnswersWeek, period: Period, say: Speech) -> Iterator[TimeBar]:
    words = words_of(say).answers
    at = day_label(week.week, period, say)
    parts = [
        (words.by_bot, week.answered_by_bot, INK),
        (words.by_people, week.answered_by_people, ACCENT),
        (words.unanswered, week.unanswered, SOFT),
    ]
    for order, (what, count, color) in enumerate(parts):
        tip = words.tip.format(week=at, what=what, number=say.number(count))
        yield TimeBar(at, count, color, order, tip)


def _numbers(facts: Facts, say: Speech) -> Table:
    words = words_of(say).answers
    heads = [
        words.by_bot,
        words.by_people,
        words.replied,
        words.unanswered,
        words.thanked,
        words.asked_again,
        words.unseen,
    ]
    columns = [Column(words.week), *(Column(head, is_number=True) for head in heads)]
    rows = [[say.full_date(week.week), *map(say.number, _counts(week))] for week in facts.answers]
    return Table("answers-numbers", words.label, columns, rows, is_folded=True)


def _counts(week: AnswersWeek) -> list[int]:
    return [
        week.answered_by_bot,
        week.answered_by_people,
        week.answered_by_reply,
        week.unanswered,
        week.thanked,
        week.asked_again,
        week.unseen,
    ]
