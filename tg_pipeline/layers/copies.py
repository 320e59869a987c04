"""Which updates are copies: events of a supergroup or channel that several bots received.

An event is recognized by its type, chat, message, actor, member and second. Private chats and basic
groups number their messages per account, and the chat of a guest_message may share its id with
another one (https://core.telegram.org/bots/api#message, guest_query_id): nothing is certain there,
so nothing is a copy.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.layers.enriched.event_fields import actor, chat, event_time
from tg_pipeline.telegram.decoding import read_content
from tg_pipeline.telegram.models import (
    SUPERGROUP_BASE,
    Chat,
    Message,
    OtherUpdate,
    TelegramObject,
    User,
)

WITH_MESSAGE_ID: Final = (
    *("message", "edited_message", "channel_post", "edited_channel_post"),
    *("message_reaction", "message_reaction_count"),
)
"""Types about one message. Ephemeral messages are shown to one user, and have the id 0."""

SHARED_TYPES: Final = (
    *WITH_MESSAGE_ID,
    *("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"),
)
"""The types that Telegram sends to every bot in a chat (administrators, for most of them)."""

CHUNK_ROWS: Final = 100_000
"""Sorted events compared at a time."""

COPY_COLUMNS: Final = ["update_type", "bot_id", "payload"]
"""The columns that `mark_copies` reads."""

_TYPE_NUMBERS: Final = {name: number for number, name in enumerate(SHARED_TYPES)}


def has_several_bots(batches: Iterable[pa.RecordBatch]) -> bool:
    """Return whether the rows, of which only `bot_id` is read, are of more than one bot."""
    bots: set[int] = set()
    for batch in batches:
        bots.update(pc.unique(batch["bot_id"]).to_pylist())
        if len(bots) > 1:
            return True
    return False


SHARED_EVENTS: Final = pa.schema(
    [("event", pa.int64()), ("bot_id", pa.int64()), ("position", pa.int64())]
)
"""The updates that several bots may have received: a hash of the event, and the position of the
row."""


def mark_copies(batches: Iterable[pa.RecordBatch]) -> pa.Array:
    """Return for each row whether a bot with a lower id also received the event.

    Memory: about 40 bytes per event of a supergroup or channel. If an event repeats in the same
    second, the n-th row of a bot is a copy if a bot with a lower id has n rows, too.
    """
    events, rows = shared_events(batches)
    return marks_of(events, rows)


def shared_events(
    batches: Iterable[pa.RecordBatch], first_position: int = 0
) -> tuple[pa.Table, int]:
    """Return the SHARED_EVENTS of rows, and the number of rows.

    `first_position` is the position of the first of them on their day.
    """
    hashes, bots, positions = array("q"), array("q"), array("q")
    position = first_position
    for batch in batches:
        types, bot_ids, payloads = (batch[name].to_pylist() for name in COPY_COLUMNS)
        for update_type, bot_id, payload in zip(types, bot_ids, payloads, strict=True):
            if update_type in _TYPE_NUMBERS:
                found = _event_hash(payload, update_type)
                if found is not None:
                    hashes.append(found)
                    bots.append(bot_id)
                    positions.append(position)
            position += 1
    columns = [_as_arrow(column) for column in (hashes, bots, positions)]
    return pa.table(columns, schema=SHARED_EVENTS), position - first_position


def marks_of(events: pa.Table, rows: int) -> pa.Array:
    """Return which of a day's rows are copies, from the SHARED_EVENTS of all of them."""
    marks = bytearray(rows)
    taken_by_lower = taken = 0
    last_hash = last_bot = None
    for event, bot, position in _sorted_rows(events):
        if event != last_hash:
            last_hash, last_bot, taken_by_lower, taken = event, bot, 0, 0
        elif bot != last_bot:
            last_bot, taken_by_lower, taken = bot, max(taken_by_lower, taken), 0
        taken += 1
        marks[position] = taken <= taken_by_lower
    return pa.Array.from_buffers(pa.uint8(), rows, [None, pa.py_buffer(marks)]).cast(pa.bool_())


def _event_hash(payload: bytes, update_type: str) -> int | None:
    """Return 64 bits that identify an event; None if it can't be compared between bots.

    Hashes of tuples of integers, unlike those of texts and None, are the same in each process.
    """
    content = read_content(payload, update_type).value
    where = chat(content, update_type) if content else None
    moment = event_time(content, update_type) if content else None
    if content is None or where is None or where.id is None or moment is None:
        return None
    if where.id > SUPERGROUP_BASE:
        return None
    message_id, stand_in, member = _details(content)
    if update_type in WITH_MESSAGE_ID and not message_id:
        return None
    who = _id_of(actor(content, update_type)), stand_in, member
    number = _TYPE_NUMBERS[update_type]
    return hash((number, where.id, message_id or 0, *(each or 0 for each in who), moment))


def _details(content: TelegramObject) -> tuple[int | None, int | None, int | None]:
    """Return the message, the chat that acts, and the member whose status changes."""
    match content:
        case Message():
            return content.message_id, _id_of(content.sender_chat), None
        case OtherUpdate():
            member = content.new_chat_member
            user_id = _id_of(member.user) if member else None
            return content.message_id, _id_of(content.actor_chat), user_id
        case _:
            return None, None, None


def _id_of(account: Chat | User | None) -> int | None:
    return account.id if account else None


def _sorted_rows(table: pa.Table) -> Iterator[tuple[int, ...]]:
    """Yield the rows of a table, sorted by all columns."""
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names])
    for start in range(0, len(order), CHUNK_ROWS):
        chunk = table.take(order.slice(start, CHUNK_ROWS))
        yield from zip(*(column.to_pylist() for column in chunk.columns), strict=True)


def _as_arrow(column: "array[int]") -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(column)])
