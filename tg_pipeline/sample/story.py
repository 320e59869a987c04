"""The month as it happens: day by day, hour by hour, update by update."""

from bisect import insort
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from tg_pipeline.sample.chance import Chance
from tg_pipeline.sample.clock import CURVE, Hour, day_sizes, hours, instant, moments
from tg_pipeline.sample.mix import begin, pace, rarity
from tg_pipeline.sample.queries import query
from tg_pipeline.sample.rare import HALF_EMOJI, WITH_NUL, break_off
from tg_pipeline.sample.scene import Happening, Scene
from tg_pipeline.sample.service import migrate

MOVING_DAY: Final = 8
"""The day, counted from 0, on which the support group moves; the middle of a shorter sample."""

LATE_CALL_EVERY: Final = 7
LATE_CALL: Final = 8.0
"""Every so many days a query without an event time comes so many seconds before midnight, and
is retried after it: it reaches the door on two days."""

MONTH: Final = 30
"""Days from one broken text to the next of its kind."""


class Event(NamedTuple):
    """Something that happens at a time in Unix seconds.

    `late_call` marks a query just before midnight that is to be retried after it.
    """

    at: float
    happening: Happening
    late_call: bool


def story(start: date, days: int, per_day: int, seed: int, zone: ZoneInfo) -> Iterator[Event]:
    """Everything that happens, in order. What lies ahead of the hour is not yet made."""
    chance = Chance(f"{seed} story")
    scene = Scene(chance, instant(start, 0, zone))
    told = 0
    for index, (day, updates) in enumerate(day_sizes(start, days, per_day, chance)):
        _note_day(scene, index, days, day, zone)
        late_call = None if index % LATE_CALL_EVERY else _before_midnight(day, zone)
        for hour in hours(day, updates - (late_call is not None), zone, chance):
            for now in _moments(hour, late_call, chance):
                scene.now = now
                yield _event(scene, told, pace(per_day), late_call)
                told += 1


def _note_day(scene: Scene, index: int, days: int, day: date, zone: ZoneInfo) -> None:
    """Note what is to happen on this day for sure."""
    if index == min(MOVING_DAY, days // 2):
        scene.note(instant(day, 10, zone), migrate)
    if index % MONTH == 0:
        scene.note(instant(day, 11, zone), partial(break_off, text=WITH_NUL))
    if index % MONTH == 1:
        scene.note(instant(day, 9, zone), partial(break_off, text=HALF_EMOJI))


def _before_midnight(day: date, zone: ZoneInfo) -> float:
    return instant(day, len(CURVE), zone) - LATE_CALL


def _moments(hour: Hour, late_call: float | None, chance: Chance) -> list[float]:
    times = moments(hour, chance)
    if late_call is not None and hour.begin <= late_call < hour.end:
        insort(times, late_call)
    return times


def _event(scene: Scene, told: int, turn: int, late_call: float | None) -> Event:
    act = rarity(told, turn)
    if act is not None:
        scene.note(scene.now, act)
    if scene.now == late_call:
        return Event(scene.now, query(scene), late_call=True)
    return Event(scene.now, scene.due() or begin(scene), late_call=False)
