"""The simulation: a sequence of events, numbered, encoded as JSON, and delivered."""

from bisect import insort
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import count
from json import JSONEncoder
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from lambda_ingest.synthetic.bot_calls import bot_call_lines
from tg_pipeline.sample import calls, conversations, media, other_updates, private_chats
from tg_pipeline.sample.delivery import SampleDelivery, Sent, deliver, outages
from tg_pipeline.sample.other_updates import HALF_EMOJI, WITH_NUL, migrate, query, send_hard_text
from tg_pipeline.sample.people import Person, newcomer
from tg_pipeline.sample.scene import Action, GeneratedCall, GeneratedUpdate, Scene
from tg_pipeline.sample.timeline import (
    CURVE,
    Hour,
    SeededRandom,
    day_sizes,
    hours,
    instant,
    moments,
)

_SHARES: Final[tuple[tuple[Action, int], ...]] = (
    (conversations.ask, 300),
    (conversations.ask_in_topic, 70),
    (conversations.small_talk, 290),
    (conversations.command, 60),
    (conversations.private_command, 15),
    (private_chats.start, 25),
    (private_chats.ask_bot, 60),
    (conversations.send_with_entity, 60),
    (media.send_media, 95),
    (media.send_album, 8),
    (conversations.forward, 18),
    (conversations.send_via_bot, 8),
    (conversations.send_as_group, 8),
    (conversations.send_as_channel, 3),
    (calls.ask_for_feedback, 15),
    (other_updates.query, 18),
    (media.post, 8),
    (other_updates.join, 8),
    (media.start_poll, 2),
)
EVERYDAY: Final = tuple(action for action, share in _SHARES for _ in range(share))
"""The everyday actions, each as often as its share."""

UNCOMMON: Final[tuple[Action, ...]] = (
    other_updates.correct_in_private,
    media.post_edit_and_count,
    other_updates.request_to_join,
    media.start_poll,
    other_updates.send_liked_message,
    other_updates.query_and_choose,
    calls.press_old,
    private_chats.block_bot,
    other_updates.buy,
    other_updates.connect,
    other_updates.call_as_guest,
    other_updates.boost,
    other_updates.manage_bot,
    other_updates.change_subscription,
    other_updates.send_rich_message,
    other_updates.open_topic,
)
"""Actions that together generate every update type."""

LEAST_INTERVAL: Final = 10
UNCOMMON_PER_DAY: Final = 25
"""The first round is 16 actions: well within the first day, and within the first 200 updates of a
sample that has fewer per day."""

LATER_EVERY: Final = 9
"""After the first round, only every ninth action is taken; 9 and 16 share no factor."""


def uncommon_interval(per_day: int) -> int:
    """Return the number of updates between two uncommon actions."""
    return max(LEAST_INTERVAL, per_day // UNCOMMON_PER_DAY)


def uncommon_action(number: int, interval: int) -> Action | None:
    """Return the uncommon action due at an update, counted from 0; None if there is none."""
    index, rest = divmod(number, interval)
    if rest or (index >= len(UNCOMMON) and index % LATER_EVERY):
        return None
    return UNCOMMON[index if index < len(UNCOMMON) else index // LATER_EVERY % len(UNCOMMON)]


def begin(scene: Scene) -> GeneratedUpdate:
    """Return an update of an everyday action."""
    generated: GeneratedUpdate | None = None
    while generated is None:
        generated = scene.rng.pick(EVERYDAY)(scene)
    return generated


MOVING_DAY: Final = 8
"""The day, counted from 0, on which the support group moves; the middle of a shorter sample."""

LATE_CALL_EVERY: Final = 7
LATE_CALL: Final = 8.0
"""Every so many days a query without an event time comes so many seconds before midnight, and
is retried after it, so that it arrives on two days."""

MONTH: Final = 30
"""Days between two texts that are hard to store."""

NEWCOMER_EVERY: Final = 2
"""Days between two people who join the forum and ask a question on that day."""

NEWCOMERS_FROM: Final = 100
"""Updates per day from which there are newcomers: fewer would leave no room for other updates."""

COMES_BACK: Final = (0.6, 0.45, 0.35, 0.3)
"""The probabilities that such a person asks again one, two, … weeks later."""

WEEK_SECONDS: Final = 7 * 86_400


class SampleEvent(NamedTuple):
    """A generated update, or a call of the bot, and its time in Unix seconds.

    `late_call` marks a query just before midnight that is to be retried after it.
    """

    at: float
    generated: GeneratedUpdate | GeneratedCall
    late_call: bool = False


def story(start: date, days: int, per_day: int, seed: int, zone: ZoneInfo) -> Iterator[SampleEvent]:
    """Yield all events in order; only the current hour is held in memory."""
    rng = SeededRandom(f"{seed} story")
    scene = Scene(rng, instant(start, 0, zone))
    written = 0
    for index, (day, updates) in enumerate(day_sizes(start, days, per_day, rng)):
        _schedule_day(scene, index, days, day, zone)
        if per_day >= NEWCOMERS_FROM and index % NEWCOMER_EVERY == 1:
            _schedule_newcomer(scene, newcomer(index), instant(day, 13, zone))
        late_call = None if index % LATE_CALL_EVERY else _before_midnight(day, zone)
        for hour in hours(day, updates - (late_call is not None), zone, rng):
            for now in _moments(hour, late_call, rng):
                yield from _calls(scene, now)
                scene.now = now
                yield _event(scene, written, uncommon_interval(per_day), late_call)
                written += 1
    # A call that is due later would be the only line of its day.
    yield from _calls(scene, instant(start + timedelta(days=days), 0, zone))


def _calls(scene: Scene, end: float) -> Iterator[SampleEvent]:
    for generated in scene.calls_until(end):
        yield SampleEvent(scene.now, generated)


def _schedule_day(scene: Scene, index: int, days: int, day: date, zone: ZoneInfo) -> None:
    """Schedule the actions that this day always has."""
    if index == min(MOVING_DAY, days // 2):
        scene.schedule(instant(day, 10, zone), migrate)
    if index % MONTH == 0:
        scene.schedule(instant(day, 11, zone), partial(send_hard_text, text=WITH_NUL))
    if index % MONTH == 1:
        scene.schedule(instant(day, 9, zone), partial(send_hard_text, text=HALF_EMOJI))


def _schedule_newcomer(scene: Scene, person: Person, joined_at: float) -> None:
    """Schedule a person's joining, first question, and questions in the weeks after it."""
    scene.schedule(joined_at, partial(other_updates.join, person=person))
    ask = partial(conversations.ask_in_topic, person=person)
    scene.schedule(joined_at + scene.rng.soon(300, 3600), ask)
    for weeks, probability in enumerate(COMES_BACK, start=1):
        if scene.rng.happens(probability):
            scene.schedule(joined_at + weeks * WEEK_SECONDS + scene.rng.soon(0, 7200), ask)


def _before_midnight(day: date, zone: ZoneInfo) -> float:
    return instant(day, len(CURVE), zone) - LATE_CALL


def _moments(hour: Hour, late_call: float | None, rng: SeededRandom) -> list[float]:
    times = moments(hour, rng)
    if late_call is not None and hour.begin <= late_call < hour.end:
        insort(times, late_call)
    return times


def _event(scene: Scene, written: int, interval: int, late_call: float | None) -> SampleEvent:
    action = uncommon_action(written, interval)
    if action is not None:
        scene.schedule(scene.now, action)
    if scene.now == late_call:
        return SampleEvent(scene.now, query(scene), late_call=True)
    return SampleEvent(scene.now, scene.due() or begin(scene))


FIRST_UPDATE_ID: Final = 412_000_001


def deliveries(
    start: date, days: int, per_day: int, *, seed: int = 1, zone: ZoneInfo
) -> Iterator[SampleDelivery]:
    """Yield the webhook calls of a sample, ordered by time of arrival.

    The sample covers `days` local days of `zone`, beginning with `start`; late and retried
    deliveries of its last day arrive after it. `per_day` is the mean number of updates a day.
    The same arguments give the same bytes. Memory is bounded by the busiest hour.
    """
    both = deliveries_with_calls(start, days, per_day, seed=seed, zone=zone)
    return (each for each in both if not each.is_call)


def deliveries_with_calls(
    start: date, days: int, per_day: int, *, seed: int = 1, zone: ZoneInfo
) -> Iterator[SampleDelivery]:
    """Yield the same webhook calls, and among them the lines of the bot's own calls."""
    for name, value in (("days", days), ("per_day", per_day)):
        if value < 1:
            message = f"{name} must be at least 1, not {value}"
            raise ValueError(message)
    sent = _written(story(start, days, per_day, seed, zone))
    return deliver(sent, outages(start, days, zone), SeededRandom(f"{seed} door"))


def _written(events: Iterable[SampleEvent]) -> Iterator[Sent]:
    # Telegram escapes all but ASCII: this also keeps a lone surrogate and a NUL in the text.
    encode = JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode
    update_ids = count(FIRST_UPDATE_ID)
    for event in events:
        generated = event.generated
        if isinstance(generated, GeneratedCall):
            for part, line in enumerate(bot_call_lines(generated.call)):
                facts = () if part else generated.facts
                yield Sent(event.at, line, facts, is_call=True)
        else:
            update = {"update_id": next(update_ids), generated.kind: generated.body}
            body = encode(update).encode("ascii")
            yield Sent(event.at, body, generated.facts, late_call=event.late_call)
