"""deduped_updates → enriched_updates: payloads made flat, a batch at a time."""

from typing import Final

import msgspec
import pyarrow as pa

from tg_pipeline.layers.collector import collector_off
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES, EnrichedUpdate
from tg_pipeline.layers.events import fill_callback, fill_event
from tg_pipeline.layers.messages import content_among, fill_message
from tg_pipeline.telegram.anatomy import CallbackQuery, Event, Message, Poll
from tg_pipeline.telegram.content import content_keys, read_content

SCHEMA: Final = ENRICHED_UPDATES.schema

CARRIED: Final = frozenset({"bot_id", "update_id", "update_type", "received_at"})
"""Columns that stand in the deduped rows already and pass through untouched."""


def enrich(deduped: pa.RecordBatch) -> pa.RecordBatch:
    """Give one flat row per deduped row, in its order. No payload makes it raise."""
    with collector_off():
        payloads = deduped["payload"].to_pylist()
        types = deduped["update_type"].to_pylist()
        rows = [
            msgspec.structs.astuple(enrich_update(payload, update_type))
            for payload, update_type in zip(payloads, types, strict=True)
        ]
        made = zip(*rows, strict=True) if rows else iter([()] * len(SCHEMA))
        arrays = [
            deduped[field.name] if field.name in CARRIED else pa.array(values, field.type)
            for field, values in zip(SCHEMA, made, strict=True)
        ]
    return pa.record_batch(arrays, schema=SCHEMA)


def enrich_update(payload: bytes, update_type: str | None) -> EnrichedUpdate:
    """Flatten one update; the columns that are carried over from raw are left at their defaults."""
    content = read_content(payload, update_type)
    row = EnrichedUpdate(fields_nulled=content.nulled)
    edited = update_type is not None and update_type.startswith("edited_")
    match content.part:
        case Message() as message:
            fill_message(row, message, edited=edited)
            if row.content_type is None and update_type is not None:
                row.content_type = content_among(content_keys(payload, update_type))
        case CallbackQuery() as callback:
            fill_callback(row, callback)
        case Poll() as poll:
            row.poll_id = poll.id
        case Event() as event:
            fill_event(row, event, edited=edited)
        case _:
            pass
    return row
