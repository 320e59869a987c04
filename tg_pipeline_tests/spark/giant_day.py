"""A few days as they may land: several bots, duplicates, ties, and lines that can't be read."""

import gzip
import json
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline_tests.conftest import TIMEZONE, Pipeline

ZONE: Final = ZoneInfo(TIMEZONE)
FIRST_DAY: Final = date(2026, 10, 4)
DAYS: Final = 3
PER_DAY: Final = 400
LAST_DAY: Final = FIRST_DAY + timedelta(days=DAYS - 1)

SECOND_BOT: Final = SAMPLE_BOT_ID + 1
"""A bot with a higher id, which receives the events of supergroups, too."""

LINES: Final = 100
"""Updates of an object."""

NOON: Final = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 12, tzinfo=UTC)

SEED: Final = 5


def land_days(pipeline: Pipeline) -> None:
    """Land days of two bots, of which the last has what is rare on the others."""
    days = defaultdict(list)
    for each in deliveries(FIRST_DAY, DAYS, PER_DAY, zone=ZONE):
        days[min(each.arrived_at.astimezone(ZONE).date(), LAST_DAY)].append(each.body)
    for day, bodies in days.items():
        for start in range(0, len(bodies), LINES):
            lines = bodies[start : start + LINES]
            renumbered = [_changed(each, offset=5_000_000) for each in lines]
            for bot, content in ((SAMPLE_BOT_ID, lines), (SECOND_BOT, renumbered)):
                body = gzip.compress(b"\n".join(content), mtime=0)
                pipeline.put(f"{bot}-{start:05}.ndjson.gz", body, day)
    _land_again(pipeline, [body for bodies in days.values() for body in bodies])
    _land_large(pipeline)
    _land_history(pipeline, days[LAST_DAY])
    _land_unreadable(pipeline)


def _land_large(pipeline: Pipeline) -> None:
    """Land so many bytes that the tables have several row groups."""
    for number in range(12):
        message = {"message_id": number + 1, "date": int(NOON.timestamp()), "text": "x" * 3_000_000}
        chat = {"id": 100 + number, "type": "private", "first_name": "Ana"}
        update = {"update_id": 9_000_000 + number, "message": message | {"chat": chat}}
        body = gzip.compress(json.dumps(update).encode(), mtime=0)
        pipeline.put(f"{SAMPLE_BOT_ID}-0030{number}.json.gz", body, LAST_DAY)


def _land_history(pipeline: Pipeline, bodies: list[bytes]) -> None:
    """Land the messages of the last day as an export has them, of which most are known already."""
    lines = []
    for number, body in enumerate(bodies):
        message = json.loads(body).get("message")
        if message:
            sender = f"user{message.get('from', {}).get('id', 1)}"
            each = {"id": message["message_id"], "from_id": sender, "text": message.get("text", "")}
            content = {"date": message["date"], "chat": message["chat"], "message": each}
            line = {"update_id": FIRST_SYNTHETIC_ID + number, "exported_message": content}
            lines.append(json.dumps(line).encode())
    pipeline.put(f"{SAMPLE_BOT_ID}-history.ndjson", b"\n".join(lines), LAST_DAY)


def _land_again(pipeline: Pipeline, bodies: list[bytes]) -> None:
    """Land copies on the last day: of its own updates and earlier ones, some with other content."""
    some = random.Random(SEED).sample(bodies, 300)  # noqa: S311 - repeatable
    changed = [_changed(body, new_since={"unknown": 1}) for body in some[:20]]
    for number in range(6):
        # All arrive in the same moment, so that the object's name and the line decide.
        lines = [*some[50 * number : 50 * number + 80], *changed, b"not JSON", b"", b"[1]"]
        name = f"{SAMPLE_BOT_ID}-copies-{number}.ndjson"
        pipeline.put(name, b"\n".join(lines), LAST_DAY, NOON)


def _changed(body: bytes, offset: int = 0, **fields: Any) -> bytes:
    update: dict[str, Any] = json.loads(body)
    return json.dumps(update | {"update_id": update["update_id"] + offset} | fields).encode()


def _land_unreadable(pipeline: Pipeline) -> None:
    pipeline.put("5-empty.json", b"", LAST_DAY)
    pipeline.put("5-empty.ndjson", b"", LAST_DAY)
    pipeline.put("5-blank.ndjson", b"\n\r\n \n", LAST_DAY)
    pipeline.put("notes.txt", b"not an update", LAST_DAY)
    pipeline.put("5-broken.ndjson.gz", b"\x1f\x8b\x08\x00no gzip stream", LAST_DAY)
    pipeline.put("5-half.json", b'{"update_id": 1, "message": {', LAST_DAY)
    pipeline.put("5-1.json", b'{"update_id": 1, "galaxy": {"size": [1, 2]}}', LAST_DAY)
