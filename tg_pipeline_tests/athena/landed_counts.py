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

Message = dict[str, Any]
Counts = dict[tuple[Any, ...], int]


def landed_messages(landing: Path) -> list[Message]:
    updates = {(bot, update["update_id"]): update for bot, update in _landed(landing)}
    return [update["message"] for update in updates.values() if "message" in update]


def per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    return Counter((_sent(message, zone).date(),) for message in messages)


def per_user_per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    return Counter((_sent(message, zone).date(), _user(message)) for message in messages)


def text_length_per_user_per_day(messages: list[Message], zone: ZoneInfo) -> Counts:
    lengths = defaultdict(list)
    for message in messages:
        if "text" in message:
            day_and_user = _sent(message, zone).date(), _user(message)
            lengths[day_and_user].append(len(message["text"]))
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


def _user(message: Message) -> int | None:
    user: int | None = message.get("from", {}).get("id")
    return user


def _mean(lengths: list[int]) -> int:
    return int((Decimal(sum(lengths)) / len(lengths)).quantize(Decimal(1), ROUND_HALF_UP))
