"""The questions among messages, before it is known which of them mean the same."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.marts.questions.detecting import asks, clauses_of
from tg_pipeline.marts.questions.languages import tell_languages
from tg_pipeline.marts.questions.reading import said
from tg_pipeline.marts.questions.schema import QUESTIONS_SCHEMA

ROWS: Final = 65_536
"""Messages read at a time."""

GIVEN: Final = ["bot_id", "kind", "chat_id", "message_id", "user_id", "sent_at", "text"]
"""The columns that are taken over; `is_bot`, where there is one, leaves out what bots wrote."""

PICKED: Final = pa.schema(
    [
        *(QUESTIONS_SCHEMA.field(name) for name in GIVEN),
        QUESTIONS_SCHEMA.field("language"),
        pa.field("asked", pa.string(), nullable=False),
    ]
)
"""What is known of a question; `asked` is what it says beside greetings and the like."""

ORDER: Final = ["sent_at", "bot_id", "chat_id", "message_id", "kind", "user_id", "text"]


def pick_questions(messages: pa.Table) -> pa.Table:
    """Give the questions in the order they were asked, in whatever order the messages come."""
    if "is_bot" in messages.column_names:
        messages = messages.filter(pc.invert(pc.fill_null(messages["is_bot"], fill_value=False)))
    batches = messages.select(GIVEN).to_batches(max_chunksize=ROWS)
    picked = pa.Table.from_batches(map(_pick, batches), PICKED)
    return picked.sort_by([(column, "ascending") for column in ORDER])


def _pick(messages: pa.RecordBatch) -> pa.RecordBatch:
    # Much is said again and again: what is the same is read once.
    texts = messages["text"].cast(pa.string()).dictionary_encode()
    asking, languages, asked = _read(texts.dictionary)
    places = pc.index_in(texts.indices, asking)
    rows = pc.indices_nonzero(pc.is_valid(places))
    places = places.take(rows)
    columns = [*messages.take(rows).columns, languages.take(places), asked.take(places)]
    arrays = [array.cast(kind) for array, kind in zip(columns, PICKED.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PICKED)


def _read(texts: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Give the places of the texts that ask, their languages, and what they ask."""
    words = said(texts)
    asked = clauses_of(words)
    asking = pc.indices_nonzero(asks(asked)).cast(pa.int32())
    return asking, tell_languages(texts.take(asking), words.take(asking)), asked.take(asking)
