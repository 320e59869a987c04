"""Any updates in enriched_updates: one row each, whatever they contain, and the schema holds."""

import json
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.landing import NotAnUpdateError, chat_id_of, event_time, parse_update
from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.layers.copies import mark_copies
from tg_pipeline.layers.drift import DriftCounter, describe_drift
from tg_pipeline.layers.enriched.event_fields import MICROSECONDS
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.shadowed import mark_shadowed
from tg_pipeline.layers.enriched.updates import CARRIED, enrich
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.telegram.decoding import UnreadableError, read_envelope

BOT: Final = 7
LOWEST_ID: Final = -(2**63)
"""The one id that a column can hold, and that ingestion does not take for a chat's."""


def check(data: bytes) -> None:
    """Check that each line that is an update becomes one valid row."""
    updates = []
    for line in data.split(b"\n"):
        try:
            updates.append((line, read_envelope(line)))
        except UnreadableError:
            continue
    count = len(updates)
    deduped = pa.record_batch(
        [
            pa.array([BOT + number % 2 for number in range(count)], pa.int64()),
            pa.array([each.update_id for _, each in updates], pa.int64()),
            pa.array([each.update_type for _, each in updates], pa.string()),
            pa.array(range(count), RAW_UPDATES.schema.field("received_at").type),
            pa.array(["5.ndjson"] * count, pa.string()),
            pa.array(range(1, count + 1), pa.int64()),
            pa.array([payload for payload, _ in updates], pa.binary()),
        ],
        schema=RAW_UPDATES.schema,
    )
    drift = DriftCounter()

    is_copy = mark_copies([deduped])
    is_shadowed = mark_shadowed([deduped])
    rows = enrich(deduped, drift, is_copy)

    rows.validate(full=True)
    assert rows.num_rows == len(is_copy) == len(is_shadowed) == count
    _check_shadowed(rows, is_shadowed)
    assert rows.schema == ENRICHED_UPDATES.schema
    assert all(rows[name].equals(deduped[name]) for name in CARRIED)
    assert rows["is_copy"].equals(is_copy)
    assert enrich(deduped, is_copy=is_copy).equals(rows)
    single = [enrich(deduped.slice(at, 1), is_copy=is_copy[at : at + 1]) for at in range(count)]
    assert pa.Table.from_batches(single, rows.schema).equals(pa.Table.from_batches([rows]))
    assert sum(each.updates for each in drift.found()) >= len(drift.found())
    assert describe_drift(drift.found()).isprintable()
    for row, (payload, _) in zip(rows.to_pylist(), updates, strict=True):
        json.dumps(row, default=str)
        if row["update_type"] in UPDATE_FIELDS:
            _check_agreement(payload, row["event_at"], row["chat_id"])


def _check_shadowed(rows: pa.RecordBatch, is_shadowed: pa.Array) -> None:
    """Check that no update is left out, nor all rows of a message."""
    origins = rows["origin"].filter(is_shadowed).to_pylist()
    assert "update" not in origins
    if origins:
        kept = rows.filter(pc.invert(is_shadowed))
        assert pc.any(kept["message_kind"].is_valid()).as_py()


def _check_agreement(payload: bytes, event_at: object, chat_id: object) -> None:
    """Check that the row has the time and the chat by which ingestion stored or filtered it."""
    try:
        update = parse_update(payload)
    except NotAnUpdateError:
        return
    second = event_time(update)
    expected = (
        None
        if second is None
        else pa.scalar(second * MICROSECONDS, RAW_UPDATES.schema.field("received_at").type).as_py()
    )
    assert event_at == expected, (event_at, expected)
    if chat_id != LOWEST_ID:
        # No chat has the id 0.
        assert (chat_id or None) == (chat_id_of(update) or None)
