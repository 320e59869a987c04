"""The plan of a world, which follows from its seed alone: what lands, what runs, what is killed.

When a planned kill meets its process depends on the machine, so a seed repeats the plan, and not
the outcome.
"""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

BOT: Final = 7
"""The bot of the webhook, the Lambda and the files; the poller's bot is another."""

FIRST_UPDATE_ID: Final = 1_000
CHATS: Final = (-1001000000001, -1001000000002, 4001, 4002)
PEOPLE: Final = (4001, 4002, 4003, 4004)

WEBHOOK, LAMBDA, QUEUE, FILE, POLL = "webhook", "lambda", "sqs", "file", "poll"
CHANNELS: Final = {WEBHOOK: 40, LAMBDA: 15, QUEUE: 10, FILE: 20, POLL: 15}

HOUR: Final = 3600
DAY: Final = 24 * HOUR

Body = dict[str, Any]


@dataclass(frozen=True)
class PlannedUpdate:
    """An update, and the ways on which it is delivered."""

    update_id: int
    content: Body
    event_second: int | None
    is_message: bool
    channels: tuple[str, ...]
    """The first is Telegram's own way; later ones are copies."""
    copy_delay: timedelta
    """How much later the copies are delivered."""
    layout: dict[str, Any]
    """How its JSON is written."""
    is_contested: bool
    """Whether an update with other content and the same id is sent as well."""

    def body(self, update_id: int) -> bytes:
        """Return its bytes under an id."""
        return json.dumps({"update_id": update_id, **self.content}, **self.layout).encode()


@dataclass(frozen=True)
class Fate:
    """What happens to a process: nothing, or a signal some time after its start."""

    signal: int | None = None
    after: float = 0.0
    """Seconds."""
    resumed_after: float | None = None
    """Seconds from a SIGSTOP to a SIGCONT; None: it is killed then."""


def updates(seed: str, clock: Iterator[datetime]) -> Iterator[tuple[datetime, list[PlannedUpdate]]]:
    """Yield each time of a clock, with the updates that happen by then."""
    random = Random(f"{seed} updates")
    next_id = FIRST_UPDATE_ID
    for now in clock:
        batch = []
        for _ in range(random.randint(2, 24)):
            update = _update(random, next_id, now)
            # The poller's bot has ids of its own.
            next_id += update.channels[0] != POLL
            batch.append(update)
        yield now, batch


def _update(random: Random, update_id: int, now: datetime) -> PlannedUpdate:
    content, event_second, is_message = _content(random, update_id, now)
    channels = random.choices(list(CHANNELS), list(CHANNELS.values()))
    if channels[0] != POLL and random.random() < 0.2:
        channels += random.choices([FILE, LAMBDA, QUEUE, WEBHOOK], k=random.randint(1, 2))
    return PlannedUpdate(
        update_id=update_id,
        content=content,
        event_second=event_second,
        is_message=is_message,
        channels=tuple(channels),
        copy_delay=timedelta(hours=random.choice([0, 1, 20, 30, 100, 250])),
        layout=random.choice([{}, {"separators": (",", ":")}, {"indent": 1}]),
        is_contested=random.random() < 0.02,
    )


def _content(random: Random, number: int, now: datetime) -> tuple[Body, int | None, bool]:
    """Return the content of an update, when it happened, and whether it is a message."""
    person = {"id": random.choice(PEOPLE), "is_bot": False, "first_name": "Ana"}
    chat_id = random.choice(CHATS)
    chat = {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup", "title": "Chaos"}
    second = int(now.timestamp()) - _age(random)
    message = {"message_id": number, "date": second, "chat": chat, "from": person, "text": "oi"}
    data = {"id": str(number), "from": person}
    reaction = {"chat": chat, "message_id": 1, "user": person, "date": second}
    emoji = [{"type": "emoji", "emoji": "👍"}]
    dated: list[Body] = [
        {"message": message | {"text": f"Olá, mundo {number} ✓"}},
        {"edited_message": message | {"edit_date": second, "text": f"new {number}"}},
        {"message_reaction": reaction | {"old_reaction": [], "new_reaction": emoji}},
    ]
    undated: list[Body] = [
        {"callback_query": data | {"chat_instance": "1", "data": "x"}},
        {"poll_answer": {"poll_id": str(number), "user": person, "option_ids": [0]}},
        {"inline_query": data | {"query": "q", "offset": ""}},
        {"of_a_later_version": {"number": number}},
    ]
    (content,) = random.choices(dated + undated, [55, 8, 7, 12, 8, 7, 3])
    return content, second if content in dated else None, "message" in content


def _age(random: Random) -> int:
    """Return how many seconds ago an update happened."""
    kind = random.random()
    if kind < 0.85:
        return random.randint(0, 3 * HOUR)
    if kind < 0.95:
        return random.randint(0, 6 * DAY)
    if kind < 0.98:
        return random.randint(8 * DAY, 12 * DAY)
    return -random.randint(0, 2 * HOUR)


def clock(seed: str, first: datetime, last: datetime, steps: int) -> Iterator[datetime]:
    """Yield the times at which updates happen, by leaps that often cross midnight."""
    random = Random(f"{seed} clock")
    leap = (last - first) / steps
    now = first
    while True:
        now = min(now + leap * random.choice([0.1, 0.5, 1, 1, 2.4]), last)
        yield now


def fates(seed: str, name: str, share: float, longest: float) -> Iterator[Fate]:
    """Yield the fates of one kind of process, of which a share is killed within some seconds."""
    random = Random(f"{seed} fates of {name}")
    while True:
        if random.random() >= share:
            yield Fate()
            continue
        # Most kills meet the work of a process, which begins at once and may be short.
        after = longest * random.random() ** 2
        match random.choices(range(4), [80, 8, 6, 6])[0]:
            case 0:
                yield Fate(signal.SIGKILL, after)
            case 1:
                yield Fate(signal.SIGTERM, after)
            case 2:
                yield Fate(signal.SIGSTOP, after, resumed_after=random.uniform(0.2, 3))
            case _:
                yield Fate(signal.SIGSTOP, after)


def file_limits(seed: str, name: str) -> Iterator[int]:
    """Yield how large the files of a process may be: mostly 0 for any size."""
    random = Random(f"{seed} files of {name}")
    while True:
        yield int(10 ** random.uniform(2, 5)) if random.random() < 0.12 else 0


def wrong_clocks(seed: str, name: str) -> Iterator[float]:
    """Yield by how many seconds the clocks of ingestion machines are wrong: mostly 0."""
    random = Random(f"{seed} clocks of {name}")
    while True:
        kind = random.random()
        if kind < 0.85:
            yield 0.0
        elif kind < 0.95:
            yield random.uniform(-2, 2) * HOUR
        else:
            yield random.uniform(-10, 0.5) * DAY
