"""The answers to the original's four queries, counted from the landed JSON without SQL."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tg_pipeline_tests.marts.reference.happenings import EVENTS, SENT

Message = dict[str, Any]
Counts = dict[tuple[Any, ...], int]


def written_messages(landing: Path) -> list[Message]:
    """Return each new message that is not a service message; the sample has one bot."""
    updates = {(bot, update["update_id"]): update for bot, update in _landed(landing)}
    sent = (update[kind] for update in updates.values() for kind in SENT.intersection(update))
    return [message for message in sent if EVENTS.isdisjoint(message)]


def per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    return Counter((_sent(message, zone).date(),) for message in messages)


def per_user_per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    people = ((_sent(message, zone).date(), _person(message)) for message in messages)
    return Counter(key for key in people if key[1])


def text_length_per_user_per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    lengths = defaultdict(list)
    for message in messages:
        text = _text(message)
        if text and _person(message):
            lengths[_sent(message, zone).date(), _person(message)].append(len(text))
    return {key: _mean(each) for key, each in lengths.items()}


def per_hour_weekday_week(messages: list[Message], zone: ZoneInfo) -> Counts:
    instants = (_sent(message, zone) for message in messages)
    return Counter((*instant.isocalendar(), instant.hour) for instant in instants)


def _landed(landing: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((landing / "telegram").rglob("*.*json*")):
        body = path.read_bytes()
        lines = gzip.decompress(body).splitlines() if path.suffix == ".gz" else [body]
        yield from ((path.name.partition("-")[0], json.loads(line)) for line in lines)


def _sent(message: Message, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(message["date"], zone)


def _text(message: Message) -> str:
    """Return the text; a rich message of the sample has paragraphs."""
    blocks = message.get("rich_message", {}).get("blocks", [message])
    return "\n".join(block.get("text", "") for block in blocks)


def _person(message: Message) -> int | None:
    """Return who wrote in their own name."""
    user = {} if "sender_chat" in message else message.get("from", {})
    return None if user.get("is_bot") else user.get("id")


def _mean(lengths: list[int]) -> int:
    return int((Decimal(sum(lengths)) / len(lengths)).quantize(Decimal(1), ROUND_HALF_UP))
