"""Who came and went."""

from collections.abc import Iterator
from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import time_bars
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.marks import TimeBar
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.rows import MemberDay
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import ACCENT, SECOND
from tg_pipeline.marts.report.time_axis import Bucket, grouped
from tg_pipeline.marts.report.words import words_of

NAME: Final = "members"

Change = tuple[Bucket, int, int]
"""A bar's place, how many joined, and how many left."""


def section(facts: Facts, say: Speech) -> Section:
    """Give joins and leaves over time."""
    words = words_of(say).members
    if not any(day.joins or day.leaves for day in facts.members):
        return Section(NAME, words.title, words.nothing, limits=[words.limit])
    buckets = grouped(facts.members, lambda row: row.day, facts.period, say)
    changes = [(bucket, *_sums(rows)) for bucket, rows in buckets]
    charts = [_chart(changes, facts, say)]
    return Section(NAME, words.title, _finding(facts, say), (), charts, (), [words.limit])


def _sums(rows: list[MemberDay]) -> tuple[int, int]:
    return sum(row.joins for row in rows), sum(row.leaves for row in rows)


def _finding(facts: Facts, say: Speech) -> Cell:
    words, nouns = words_of(say).members, words_of(say).nouns
    joins, leaves = _sums(facts.members)
    if joins == leaves:
        return words.as_many.format(joins=say.number(joins))
    noun = nouns.new_member if joins > leaves else nouns.lost_member
    return say.sentence(
        words.finding,
        joins=say.number(joins),
        leaves=say.number(leaves),
        net=say.count(abs(joins - leaves), noun),
    )


def _chart(changes: list[Change], facts: Facts, say: Speech) -> Chart:
    words = words_of(say).members
    label = say.between(words.label, facts.period)
    columns = [
        Column(words.day),
        *(Column(name, is_number=True) for name in (words.joined, words.left, words.net)),
    ]
    rows = [
        [say.day(bucket.first), say.number(joins), say.number(leaves), say.signed(joins - leaves)]
        for bucket, joins, leaves in changes
        if joins or leaves
    ]
    numbers = Table("members-numbers", label, columns, rows, is_folded=True)
    bars = [bar for change in changes for bar in _bars(change, say)]
    keys = [Key("accent", words.joined), Key("second", words.left)]
    return Chart("members-days", label, time_bars(bars), numbers, keys)


def _bars(change: Change, say: Speech) -> Iterator[TimeBar]:
    bucket, joins, leaves = change
    tip = words_of(say).members.tip.format(
        when=say.day(bucket.first), joins=say.number(joins), leaves=say.number(leaves)
    )
    yield TimeBar(bucket.label, joins, ACCENT, 0, tip)
    yield TimeBar(bucket.label, -leaves, SECOND, 1, tip)
