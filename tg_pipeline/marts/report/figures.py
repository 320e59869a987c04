"""The period in six figures, each with its change."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.parts import Figure
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.words import words_of

NOTHING: Final = "–"
"""What stands where nothing can be counted."""

Value = TypeVar("Value", int, float)


def figures(facts: Facts, say: Speech) -> list[Figure]:
    """Give the headline figures, each with its change where there is a period to compare with."""
    words, both = words_of(say).summary, [facts.now, *([facts.before] if facts.before else [])]
    return [
        _counted(words.messages, [each.messages for each in both], say),
        _counted(words.people, [each.users for each in both], say),
        _counted(words.questions, [each.questions for each in both], say),
        _measured(words.share, [each.answered_share for each in both], say.percent, say),
        _measured(words.wait, [each.median_seconds for each in both], say.duration, say),
        _measured(words.net, [each.members_net for each in both], say.signed, say),
    ]


def _counted(title: str, values: Sequence[int], say: Speech) -> Figure:
    """Give a count of now, and by which part it differs from the one before, if there is one."""
    words, now, before = words_of(say).summary, values[0], values[-1]
    value = say.number(now)
    if len(values) == 1:
        return Figure(title, value, "")
    if now == before:
        return Figure(title, value, words.as_before)
    shown, trend = say.number(before), "up" if now > before else "down"
    if not before:
        return Figure(title, value, words.up.format(before=shown), trend)
    template = words.up_by if now > before else words.down_by
    percent = say.percent(abs(now - before) / before)
    return Figure(title, value, template.format(percent=percent, before=shown), trend)


def _measured(
    title: str, values: Sequence[Value | None], write: Callable[[Value], str], say: Speech
) -> Figure:
    """Give a measure of now beside the one before; of shares and times no part is told."""
    words, now, before = words_of(say).summary, values[0], values[-1]
    if now is None:
        return Figure(title, NOTHING, "")
    if len(values) == 1 or before is None:
        return Figure(title, write(now), "")
    if write(now) == write(before):
        return Figure(title, write(now), words.as_before)
    trend, template = ("up", words.up) if now > before else ("down", words.down)
    return Figure(title, write(now), template.format(before=write(before)), trend)
