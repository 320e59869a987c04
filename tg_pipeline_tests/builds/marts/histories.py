"""Histories of some months: what landed on which day, as known after each of several nights."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import strategies as st

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.updates import enrich

Payload = dict[str, Any]

FIRST_BOT, SECOND_BOT = 7, 8
ANA, BIA, CAIO, CHANNEL_ACCOUNT = 1, 2, 3, 777_000
NAMES: Final = {ANA: "Ana", BIA: "Bia", CAIO: "Caio", CHANNEL_ACCOUNT: "Telegram"}

GROUP, OTHER_GROUP = -555, -556
SUPERGROUP, FORUM, DISCUSSION = -1_000_000_000_777, -1_000_000_000_778, -1_000_000_000_779
MOVED: Final = {GROUP: -1_000_000_000_555, OTHER_GROUP: -1_000_000_000_556}
"""The supergroups that the groups become."""

TOPIC: Final = 40

QUESTION, OTHER_QUESTION = "como eu instalo o python no linux?", "qual é o prazo do trabalho?"
REMARK, ANSWER, THANKS = "bom dia para todo mundo", "usa o instalador do site", "obrigada!"

NIGHTS: Final = 3


@dataclass(frozen=True)
class Event:
    """An update that one or two bots received."""

    at: datetime
    content: Payload
    """Without its update_id: an update type and its content."""
    person: int
    bots: tuple[int, ...] = (FIRST_BOT,)
    first_night: int = 0
    """The night from which on it has landed."""
    days_late: int = 0
    """On which day after it happened it landed: it came without a believable time."""


# Updates


def message(
    at: datetime, person: int, text: str, message_id: int, chat_id: int, **fields: Any
) -> Payload:
    """Return the content of an update with a message; `reply_to` is a message id."""
    reply_to = fields.pop("reply_to", None)
    kind = "group" if -1_000_000_000_000 < chat_id < 0 else "supergroup"
    content: Payload = {
        "message_id": message_id,
        "date": int(at.timestamp()),
        "from": {"id": person, "is_bot": False, "first_name": NAMES[person]},
        "chat": {"id": chat_id, "type": kind, "title": f"Chat {chat_id}"},
        "text": text,
    }
    content |= {"reply_to_message": {"message_id": reply_to}} if reply_to else {}
    return {"message": content | fields}


def edit(of: Payload, at: datetime, text: str) -> Payload:
    """Return the content of an update with a corrected message."""
    changed = {"edit_date": int(at.timestamp()), "text": text}
    return {"edited_message": of["message"] | changed}


def reaction(of: Payload, at: datetime, person: int, emoji: str = "👍") -> Payload:
    """Return the content of an update with a reaction to a message."""
    return {
        "message_reaction": {
            "chat": of["message"]["chat"],
            "message_id": of["message"]["message_id"],
            "user": {"id": person, "is_bot": False, "first_name": NAMES[person]},
            "date": int(at.timestamp()),
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}],
        }
    }


def mention(person: int) -> list[Payload]:
    """Return the entities of a text whose first three letters name a person."""
    user = {"id": person, "is_bot": False, "first_name": NAMES[person]}
    return [{"type": "text_mention", "offset": 0, "length": 3, "user": user}]


# Days


def days_of(
    events: Iterable[tuple[int, Event]], zone: ZoneInfo
) -> dict[date, list[tuple[int, int, Event]]]:
    """Return the numbered updates of each day, with the bot that received them, in their order."""
    days = defaultdict(list)
    for number, event in events:
        day = event.at.astimezone(zone).date() + timedelta(days=event.days_late)
        for bot in event.bots:
            days[day].append((bot, number, event))
    return {day: sorted(rows, key=lambda row: row[:2]) for day, rows in days.items()}


def put_day(lake: Lake, day: date, rows: Sequence[tuple[int, int, Event]]) -> None:
    """Write a day of enriched_updates."""
    with lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output:
        output.write(_enriched(rows))
        output.commit()


def _enriched(rows: Sequence[tuple[int, int, Event]]) -> pa.RecordBatch:
    payloads = [{"update_id": number} | event.content for _, number, event in rows]
    second = pa.timestamp("us", tz="UTC")
    deduped = pa.record_batch(
        {
            "update_type": pa.array([next(iter(each.content)) for *_, each in rows], pa.string()),
            "received_at": pa.array([each.at for *_, each in rows], second),
            "bot_id": pa.array([bot for bot, *_ in rows], pa.int64()),
            "update_id": pa.array([number for _, number, _ in rows], pa.int64()),
            "payload": pa.array([json.dumps(each).encode() for each in payloads], pa.binary()),
        }
    )
    copies = [bot > min(event.bots) for bot, _, event in rows]
    return enrich(deduped, is_copy=pa.array(copies, pa.bool_())).cast(ENRICHED_UPDATES.schema)


# Histories


@dataclass(frozen=True)
class History:
    """Events, and what changes about them later."""

    zone: ZoneInfo
    events: tuple[Event, ...]
    forgotten: int | None
    """A person whose updates vanish in the last night."""
    lost_month: int | None
    """A month whose updates vanish in the last night."""

    def days(self, night: int) -> Mapping[date, Sequence[tuple[int, int, Event]]]:
        """Return the updates of each day, as known in a night; days stay when they lose all."""
        is_last = night == NIGHTS - 1
        landed = [(n, e) for n, e in enumerate(self.events, 1) if e.first_night <= night]
        days = days_of(landed, self.zone)
        return {
            day: [row for row in rows if not (is_last and self._is_lost(day, row[2]))]
            for day, rows in days.items()
        }

    def _is_lost(self, day: date, event: Event) -> bool:
        return event.person == self.forgotten or day.month == self.lost_month


HOURS_AROUND_MONTHS: Final = (
    *(-13 * 24, -2 * 24, -6, -0.3, -0.05, -0.01, 0, 0.01, 0.05, 0.3, 6, 24, 3 * 24, 12 * 24),
    *(16.99 * 24, 17 * 24, 18 * 24, 22 * 24),
)
"""When messages are sent, from the midnight at which a month begins."""

HOURS_LATER: Final = (0.01, 0.1, 0.3, 0.9, 5, 23, 30, 13 * 24, 13.99 * 24, 15 * 24, 32 * 24)
"""When they are answered and edited."""


@st.composite
def histories(draw: st.DrawFn, *, edits_stay_in_month: bool = False) -> History:  # noqa: C901
    """Draw a history of up to four months around the midnights between them."""
    zone = ZoneInfo(draw(st.sampled_from(["America/Sao_Paulo", "Pacific/Auckland"])))
    starts = [datetime(2026, month, 1, tzinfo=zone).astimezone(UTC) for month in (9, 10, 11)]
    events: list[Event] = []
    ids = iter(range(100, 10_000))
    moment = st.builds(
        lambda start, hours: start + timedelta(hours=hours),
        st.sampled_from(starts),
        st.sampled_from(HOURS_AROUND_MONTHS),
    )
    people = st.sampled_from([ANA, BIA, CAIO])
    texts = st.sampled_from([QUESTION, OTHER_QUESTION, REMARK, REMARK, ANSWER, THANKS])
    nights = st.sampled_from([0, 0, 0, 1, 2])

    def add(at: datetime, content: Payload, person: int, bots: tuple[int, ...]) -> None:
        late = draw(st.sampled_from([0, 0, 0, 0, 1]))
        events.append(Event(at, content, person, bots, draw(nights), late))

    def follow(first: Payload, at: datetime, bots: tuple[int, ...]) -> None:
        person = draw(people)
        kind = draw(st.sampled_from(["edit", "reply", "remark", "mention", "reaction"]))
        later, content = at + timedelta(hours=draw(st.sampled_from(HOURS_LATER))), first["message"]
        place = {k: v for k, v in content.items() if k in {"message_thread_id", "is_topic_message"}}
        if kind == "edit":
            is_other_month = later.astimezone(zone).month != at.astimezone(zone).month
            if edits_stay_in_month and is_other_month:
                return
            add(later, edit(first, later, draw(texts)), content["from"]["id"], bots)
            return
        if kind == "reaction":
            add(later, reaction(first, later, person), person, bots)
            return
        fields: Payload = {"reply_to": content["message_id"]} if kind == "reply" else {}
        fields |= {"entities": mention(content["from"]["id"])} if kind == "mention" else {}
        said = message(
            later, person, draw(texts), next(ids), content["chat"]["id"], **place, **fields
        )
        add(later, said, person, bots)
        if draw(st.booleans()):
            follow(said, later, bots)

    both, one = (FIRST_BOT, SECOND_BOT), (FIRST_BOT,)
    for _ in range(draw(st.integers(2, 7))):
        at, person = draw(moment), draw(people)
        chat_id = draw(st.sampled_from([GROUP, OTHER_GROUP, SUPERGROUP, SUPERGROUP, FORUM]))
        bots = draw(st.sampled_from([one, both, (SECOND_BOT,)])) if chat_id == SUPERGROUP else one
        place = {"message_thread_id": TOPIC, "is_topic_message": True} if chat_id == FORUM else {}
        said = message(at, person, draw(texts), next(ids), chat_id, **place)
        add(at, said, person, bots)
        for _ in range(draw(st.integers(0, 3))):
            follow(said, at, bots)
    for old in draw(st.sets(st.sampled_from([GROUP, OTHER_GROUP]))):
        at, new = draw(moment), MOVED[old]
        moves = [(old, {"migrate_to_chat_id": new}), (new, {"migrate_from_chat_id": old})]
        for chat_id, what in draw(st.sampled_from([moves, moves[:1], moves[1:]])):
            add(at, message(at, ANA, "", next(ids), chat_id, **what), ANA, one)
    for _ in range(draw(st.integers(0, 2))):
        _add_post(draw, add, draw(moment), next(ids), ids)
    return History(
        zone,
        tuple(events),
        draw(st.sampled_from([None, None, ANA, BIA])),
        draw(st.sampled_from([None, None, 9, 10, 11])),
    )


def _add_post(draw: st.DrawFn, add: Any, at: datetime, post_id: int, ids: Iterable[int]) -> None:
    """Add a channel's post, perhaps, and comments: some reply to it, and tell that it is a post."""
    channel = {"id": -1_000_000_000_999, "type": "channel", "title": "Canal"}
    if draw(st.booleans()):
        post = message(
            at,
            CHANNEL_ACCOUNT,
            "novidades",
            post_id,
            DISCUSSION,
            sender_chat=channel,
            is_automatic_forward=True,
        )
        add(at, post, CHANNEL_ACCOUNT, (FIRST_BOT,))
    for hours in draw(st.lists(st.sampled_from(HOURS_LATER), max_size=3)):
        later, person = at + timedelta(hours=hours), draw(st.sampled_from([ANA, BIA, CAIO]))
        fields: Payload = {"message_thread_id": post_id}
        if draw(st.booleans()):
            about = {"message_id": post_id, "is_automatic_forward": True}
            fields |= {"reply_to_message": about}
        text = draw(st.sampled_from([QUESTION, ANSWER, THANKS]))
        comment = message(later, person, text, next(iter(ids)), DISCUSSION, **fields)
        add(later, comment, person, (FIRST_BOT,))
