"""A sample: what happens, numbered, written as JSON, and brought to the door."""

from collections.abc import Iterable, Iterator
from datetime import date
from json import JSONEncoder
from typing import Final
from zoneinfo import ZoneInfo

from tg_pipeline.sample.chance import Chance
from tg_pipeline.sample.door import Delivery, Sent, knock, outages
from tg_pipeline.sample.story import Event, story

FIRST_UPDATE_ID: Final = 412_000_001


def deliveries(
    start: date, days: int, per_day: int, *, seed: int = 1, zone: ZoneInfo
) -> Iterator[Delivery]:
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
