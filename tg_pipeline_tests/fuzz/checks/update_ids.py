"""Any ids of a day, and any text of a footer: nothing raises, and the ranges cover the ids."""

import struct
from itertools import pairwise
from typing import Final

import msgspec
import pyarrow as pa

from lambda_ingest.synthetic.updates import is_synthetic
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.update_ids import (
    MAX_RANGES,
    BotIds,
    UpdateIdCounter,
    decode_update_ids,
    overlap,
)

COLUMNS: Final = ("bot_id", "update_id", "received_at")
LARGEST: Final = 2**63 - 1
MIDDLE: Final = 2**61
"""Ids are random after a week without updates: close to each other, or anywhere."""

Row = tuple[int, int, int]


def check(data: bytes) -> None:
    """Check a footer's text, and the ids of two days made of the bytes."""
    _check_text(data)
    rows = [_row(data[at : at + 4]) for at in range(0, len(data) - 3, 4)]
    today, day_before = rows[::2], rows[1::2]
    footers = [_footer(day) for day in (today, day_before, rows)]
    one, other, both = (decode_update_ids(text) for text in footers)
    _check_cover(one, today)
    _check_cover(other, day_before)
    _check_cover(both, rows)
    shared = {row[:2] for row in today} & {row[:2] for row in day_before}
    has_synthetic = any(is_synthetic(row[1]) for row in rows)
    if all(ids.is_exact for day in (one, other) for ids in day.values()) and not has_synthetic:
        assert overlap(one, other) == bool(shared)
    elif shared:
        assert overlap(one, other)
    assert overlap(one, other) == overlap(other, one)
    assert overlap(both, one) == bool(today)
    assert footers[2] == _footer(list(reversed(rows)))


def _check_text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        found = decode_update_ids(text)
    except msgspec.MsgspecError:
        return
    assert overlap(found, found) in {True, False}
    again = msgspec.json.encode({str(bot): ids for bot, ids in found.items()}).decode()
    assert decode_update_ids(again) == found


def _row(word: bytes) -> Row:
    bot, kind, number = struct.unpack("<BBH", word)
    base = (0, MIDDLE, LARGEST - 0xFFFF, 997 * number)[kind % 4]
    return bot % 3, base + number, kind


def _footer(rows: list[Row]) -> str:
    counter = UpdateIdCounter()
    for at in range(0, len(rows), 7):
        part = list(zip(*rows[at : at + 7], strict=True))
        arrays = [
            pa.array(values, RAW_UPDATES.schema.field(name).type)
            for name, values in zip(COLUMNS, part, strict=True)
        ]
        counter.add(pa.record_batch(arrays, names=list(COLUMNS)))
    return counter.encode()


def _check_cover(found: dict[int, BotIds], rows: list[Row]) -> None:
    assert found.keys() == {bot for bot, _, _ in rows}
    for bot, ids in found.items():
        own = {update_id for each, update_id, _ in rows if each == bot}
        updates = {each for each in own if not is_synthetic(each)}
        times = [time for each, number, time in rows if each == bot and number in updates]
        bounds = (min(times), max(times)) if times else (0, 0)
        assert (ids.rows, ids.first_received_at, ids.last_received_at) == (len(times), *bounds)
        ranges = [each for each in ids.ranges if not is_synthetic(each[0])]
        assert len(ranges) <= MAX_RANGES
        assert len(ids.ranges) - len(ranges) == bool(own - updates)
        assert all(one[1] + 1 < two[0] for one, two in pairwise(ranges))
        assert all(any(first <= each <= last for first, last in ids.ranges) for each in own)
        if ids.is_exact:
            assert sum(last - first + 1 for first, last in ranges) == len(updates)
