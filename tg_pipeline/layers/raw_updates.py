"""landing → raw_updates and quarantine: landed lines, and those that can't be read."""

from typing import Annotated, Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.layers.batches import gc_paused
from tg_pipeline.layers.schema import Layer, Role, Row, always, binary, int64, string, timestamp
from tg_pipeline.telegram.decoding import (
    Envelope,
    Envelopes,
    UnreadableError,
    read_envelope,
    read_envelopes,
)

READER_VERSION: Final = "1"
"""The version of what becomes of a line. Raise it with each change of which lines can be read, of
what is read from them, or of the reasons why they can't be: objects with quarantined lines are then
read again, and their days are stale until they are."""


class RawUpdate(Row):
    """A landed update, verbatim."""

    bot_id: Annotated[
        int, always(int64("The bot that got the update: from the object's name.")), Role.PLAIN
    ]
    update_id: Annotated[
        int, always(int64("Telegram's id of the update, unique per bot.")), Role.PLAIN
    ]
    update_type: Annotated[
        str | None,
        string("The one key beside `update_id`, known or not; null if there is none."),
        Role.PLAIN,
    ]
    received_at: Annotated[
        int,
        always(
            timestamp(
                "When ingestion received the update, in UTC; for an object of several updates, the "
                "last of them. If the landing zone does not record it: the object's time there."
            )
        ),
        Role.PLAIN,
    ]
    object_key: Annotated[
        str, always(string("The object it was read from, in the landing zone.")), Role.PLAIN
    ]
    line: Annotated[
        int, always(int64("Its line in that object; 1 for an object of one update.")), Role.PLAIN
    ]
    payload: Annotated[bytes, always(binary("The update's JSON, byte for byte as it landed."))]


class Quarantined(Row):
    """A landed line that can't be read as an update, with the reason."""

    object_key: Annotated[
        str, always(string("The object it was read from, in the landing zone.")), Role.PLAIN
    ]
    line: Annotated[
        int, always(int64("Its line in that object; 0 for the object as a whole.")), Role.PLAIN
    ]
    received_at: Annotated[
        int,
        always(
            timestamp(
                "When ingestion received the update, in UTC; for an object of several updates, the "
                "last of them. If the landing zone does not record it: the object's time there."
            )
        ),
        Role.PLAIN,
    ]
    reason: Annotated[str, always(string("Why it can't be read, in a sentence.")), Role.PLAIN]
    bytes: Annotated[bytes, always(binary("What was there, byte for byte, as far as it was read."))]


RAW_UPDATES: Final = Layer(
    "raw_updates",
    "One row per landed update, verbatim, with where and when it landed; "
    "in the order of (object_key, line).",
    RawUpdate,
)
QUARANTINE: Final = Layer(
    "quarantine",
    "One row per landed line that could not be read, with the reason; "
    "in the order of (object_key, line).",
    Quarantined,
)


def split(lines: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return a batch of landed lines as rows of raw_updates and rows of quarantine.

    The lines have the columns `bot_id`, `received_at`, `object_key`, `line`, `content`, and
    `fault`: the reason why the line could not be fetched completely, or null.
    """
    with gc_paused():
        if lines["fault"].null_count == lines.num_rows:
            found = read_envelopes(lines["content"].to_pylist())
            if found is not None:
                return _raw_rows(lines, found), _quarantined_rows(lines.slice(0, 0), [])
        return _split_line_by_line(lines)


def _split_line_by_line(lines: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    contents, faults = lines["content"].to_pylist(), lines["fault"].to_pylist()
    results = [
        UnreadableError(fault) if fault else _read(content)
        for content, fault in zip(contents, faults, strict=True)
    ]
    reasons = [str(result) for result in results if isinstance(result, UnreadableError)]
    is_readable = pa.array([isinstance(result, Envelope) for result in results], pa.bool_())
    envelopes = [result for result in results if isinstance(result, Envelope)]
    found = Envelopes(
        [each.update_id for each in envelopes], [each.update_type for each in envelopes]
    )
    return (
        _raw_rows(lines.filter(is_readable), found),
        _quarantined_rows(lines.filter(pc.invert(is_readable)), reasons),
    )


def _read(content: bytes) -> Envelope | UnreadableError:
    try:
        return read_envelope(content)
    except UnreadableError as error:
        return error


def _raw_rows(lines: pa.RecordBatch, envelopes: Envelopes) -> pa.RecordBatch:
    return pa.record_batch(
        [
            lines["bot_id"],
            pa.array(envelopes.update_ids, pa.int64()),
            pa.array(envelopes.update_types, pa.string()),
            lines["received_at"],
            lines["object_key"],
            lines["line"],
            lines["content"],
        ],
        schema=RAW_UPDATES.schema,
    )


def _quarantined_rows(lines: pa.RecordBatch, reasons: list[str]) -> pa.RecordBatch:
    return pa.record_batch(
        [
            lines["object_key"],
            lines["line"],
            lines["received_at"],
            pa.array(reasons, pa.string()),
            lines["content"],
        ],
        schema=QUARANTINE.schema,
    )
