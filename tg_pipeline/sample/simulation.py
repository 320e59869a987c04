"""A sample: what happens, numbered, written as JSON, and brought to the door."""

from bisect import insort
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from json import JSONEncoder
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from tg_pipeline.sample import conversations as callbacks
from tg_pipeline.sample import conversations as conversation
from tg_pipeline.sample import conversations as forwards
from tg_pipeline.sample import conversations as marked
from tg_pipeline.sample import media
from tg_pipeline.sample import media as channel
from tg_pipeline.sample import media as polls
from tg_pipeline.sample import other_updates as business
from tg_pipeline.sample import other_updates as payments
from tg_pipeline.sample import other_updates as queries
from tg_pipeline.sample import other_updates as rare
from tg_pipeline.sample import other_updates as service
from tg_pipeline.sample.delivery import SampleDelivery, Sent, knock, outages
from tg_pipeline.sample.other_updates import HALF_EMOJI, WITH_NUL, break_off, migrate, query
from tg_pipeline.sample.scene import Act, Happening, Scene
from tg_pipeline.sample.timeline import CURVE, Chance, Hour, day_sizes, hours, instant, moments

_SHARES: Final[tuple[tuple[Act, int], ...]] = (
    (conversation.ask, 300),
    (conversation.ask_in_topic, 70),
    (conversation.chat, 290),
    (marked.command, 60),
    (marked.private_command, 25),
    (marked.tag, 60),
    (media.show, 95),
    (media.show_album, 8),
    (forwards.forward, 18),
    (forwards.send_via_bot, 8),
    (forwards.speak_as_group, 8),
    (forwards.speak_as_channel, 3),
    (callbacks.press_feedback, 15),
    (queries.query, 18),
    (channel.post, 8),
    (service.join, 8),
    (polls.start_poll, 2),
)
EVERYDAY: Final = tuple(act for act, share in _SHARES for _ in range(share))
"""The beginnings of every day, each as often as its share."""

RARITIES: Final[tuple[Act, ...]] = (
    rare.correct_in_private,
    channel.whole_post,
    service.request_to_join,
    polls.start_poll,
    rare.please,
    queries.query_and_choose,
    callbacks.press_old,
    service.block_bot,
    payments.buy,
    business.connect,
    rare.call_as_guest,
    rare.boost,
    rare.manage_bot,
    payments.change_subscription,
    rare.write_richly,
    service.open_topic,
)
"""Beginnings that together bring every type of update."""

LEAST_PACE: Final = 10
TURNS_A_DAY: Final = 25
"""The first round takes 16 turns: well within the first day, and within the first 200 updates of
a sample that has fewer a day."""

LATER_TURNS: Final = 9
"""After the first round only every ninth turn is taken; 9 and 16 share no factor."""


def pace(per_day: int) -> int:
    """Count the updates from one turn of the rare to the next."""
    return max(LEAST_PACE, per_day // TURNS_A_DAY)


def rarity(number: int, pace_of_turns: int) -> Act | None:
    """Give the rare thing that begins with the update of that number, counted from 0."""
    turn, rest = divmod(number, pace_of_turns)
    if rest or (turn >= len(RARITIES) and turn % LATER_TURNS):
        return None
    return RARITIES[turn if turn < len(RARITIES) else turn // LATER_TURNS % len(RARITIES)]


def begin(scene: Scene) -> Happening:
    """Something of every day begins."""
    happening: Happening | None = None
    while happening is None:
        happening = scene.chance.pick(EVERYDAY)(scene)
    return happening


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


FIRST_UPDATE_ID: Final = 412_000_001


def deliveries(
    start: date, days: int, per_day: int, *, seed: int = 1, zone: ZoneInfo
) -> Iterator[SampleDelivery]:
    """Give the webhook calls of a sample, ordered by the time they arrived.

    The sample covers `days` local days of `zone`, beginning with `start`; what is late or
    retried at its end arrives after it. `per_day` is the mean number of distinct updates a day.
    The same arguments give the same bytes. Memory is bounded by the busiest hour.
    """
    for name, value in (("days", days), ("per_day", per_day)):
        if value < 1:
            message = f"{name} must be at least 1, not {value}"
            raise ValueError(message)
    sent = _written(story(start, days, per_day, seed, zone))
    return knock(sent, outages(start, days, zone), Chance(f"{seed} door"))


def _written(events: Iterable[Event]) -> Iterator[Sent]:
    # Telegram escapes all but ASCII: this also keeps a lone surrogate and a NUL in the text.
    encode = JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode
    for update_id, event in enumerate(events, start=FIRST_UPDATE_ID):
        update = {"update_id": update_id, event.happening.kind: event.happening.body}
        yield Sent(event.at, encode(update).encode("ascii"), event.late_call)
