"""Which synthetic updates tell of a message that the day already has from a better origin.

Updates of Telegram come before calls of the bot, and these before exported messages; of several
exports, the newest version counts. A message is recognized by its id where the id is the same for
everybody: for the bot itself, and in supergroups and channels. In private chats and basic groups
each account numbers the messages in its own way, so an exported message is recognized there by its
sender, the second in which Telegram received it, and its text: as many exported messages are left
out as the day has from the bot's side. https://core.telegram.org/api/bots/ids
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.synthetic.updates import (
    BOT_CALL,
    EXPORTED_MESSAGE,
    FIRST_SYNTHETIC_ID,
    is_synthetic,
)
from tg_pipeline.layers.definitions import WRITTEN_TYPES
from tg_pipeline.layers.enriched.bot_calls import read_bot_call
from tg_pipeline.layers.enriched.exported_messages import read_exported_message
from tg_pipeline.telegram.decoding import read_content
from tg_pipeline.telegram.models import SUPERGROUP_BASE, Message

SHADOW_COLUMNS: Final = ["update_type", "bot_id", "update_id", "received_at", "payload"]
"""The columns that `mark_shadowed` reads."""

_UPDATE, _CALL, _EXPORT = range(3)

_Integers = npt.NDArray[np.int64]


def has_synthetic(ids: Iterable[pa.RecordBatch]) -> bool:
    """Return whether any of the rows, of which only `update_id` is read, is a synthetic update."""
    return any(pc.max(each["update_id"]).as_py() >= FIRST_SYNTHETIC_ID for each in ids if len(each))


def mark_shadowed(batches: Iterable[pa.RecordBatch]) -> pa.Array:
    """Return for each row whether it is shadowed: whether enriched_updates leaves it out.

    Memory: some 60 bytes per new message, on days with synthetic updates only.
    """
    messages = _Messages()
    for batch in batches:
        received = batch["received_at"].cast(pa.int64())
        columns = [batch["update_type"], batch["bot_id"], batch["update_id"], received]
        rows = zip(*(each.to_pylist() for each in (*columns, batch["payload"])), strict=True)
        for position, (kind, bot_id, update_id, arrived, payload) in enumerate(rows, messages.rows):
            found = _new_message(payload, kind, bot_id, update_id)
            if found:
                messages.add(*found, bot_id, arrived, position)
        messages.rows += batch.num_rows
    return messages.marks()


def _new_message(
    payload: bytes, kind: str | None, bot_id: int, update_id: int
) -> tuple[int, Message] | None:
    """Return the origin of a new message, and the message; None for all else."""
    if not is_synthetic(update_id):
        return _read(_UPDATE, payload, kind) if kind in WRITTEN_TYPES else None
    if kind == BOT_CALL:
        call = read_bot_call(payload, bot_id)
        return None if call.is_edit else _read(_CALL, call.message, "message")
    if kind == EXPORTED_MESSAGE:
        exported = read_exported_message(payload, bot_id)
        return _read(_EXPORT, exported.message, "message")
    return None


def _read(origin: int, payload: bytes | None, kind: str | None) -> tuple[int, Message] | None:
    value = read_content(payload, kind).value if payload else None
    return (origin, value) if isinstance(value, Message) else None


@dataclass(slots=True)
class _Messages:
    """The new messages of a day: what they are recognized by, in columns."""

    rows: int = 0
    """Rows of the day, of any type."""
    origins: "array[int]" = field(default_factory=lambda: array("q"))
    own_keys: "array[int]" = field(default_factory=lambda: array("q"))
    """By which the bot recognizes a message."""
    shared_keys: "array[int]" = field(default_factory=lambda: array("q"))
    """By which an exported message is recognized."""
    moments: "array[int]" = field(default_factory=lambda: array("q"))
    """The chat, the sender and the second, in chats without common ids; else 0."""
    texts: "array[int]" = field(default_factory=lambda: array("q"))
    edited: "array[int]" = field(default_factory=lambda: array("q"))
    """The second of the last edit of an exported message; 0 if it was not edited."""
    received: "array[int]" = field(default_factory=lambda: array("q"))
    positions: "array[int]" = field(default_factory=lambda: array("q"))

    def add(
        self, origin: int, message: Message, bot_id: int, received_at: int, position: int
    ) -> None:
        """Add a message; the hashes of texts are compared within this process only."""
        chat_id = message.chat.id if message.chat else None
        if chat_id is None or not message.message_id:
            return
        own = hash((bot_id, chat_id, message.message_id))
        is_shared = chat_id <= SUPERGROUP_BASE
        if is_shared:
            shared = hash((chat_id, message.message_id))
        else:
            # The ids of an export are those of the account that made it.
            shared = hash((bot_id, chat_id, message.message_id, origin == _EXPORT))
        stand_in, user = message.sender_chat, message.from_user
        sender = (stand_in.id if stand_in else None) or (user.id if user else None) or 0
        self.origins.append(origin)
        self.own_keys.append(own)
        self.shared_keys.append(shared)
        self.moments.append(0 if is_shared else hash((bot_id, chat_id, sender, message.date or 0)))
        self.texts.append(hash(message.text or message.caption or ""))
        self.edited.append((message.edit_date or 0) if origin == _EXPORT else 0)
        self.received.append(received_at)
        self.positions.append(position)

    def marks(self) -> pa.Array:
        """Return which rows are shadowed."""
        marks = np.zeros(self.rows, np.uint8)
        columns = (self.origins, self.own_keys, self.shared_keys, self.positions)
        origins, own, shared, positions = map(_as_numpy, columns)
        calls, exports = (np.flatnonzero(origins == each) for each in (_CALL, _EXPORT))
        is_seen = np.isin(own[calls], own[origins == _UPDATE])
        marks[positions[calls[is_seen]]] = 1
        newest = self._newest(exports, shared)
        is_known = np.isin(shared[newest], shared[origins != _EXPORT])
        marks[positions[exports]] = 1
        remaining = newest[~is_known]
        marks[positions[remaining]] = 0
        marks[positions[self._seen_at_their_moment(remaining, origins)]] = 1
        return pa.Array.from_buffers(pa.uint8(), self.rows, [None, pa.py_buffer(marks)]).cast(
            pa.bool_()
        )

    def _newest(self, exports: _Integers, shared: _Integers) -> _Integers:
        """Return the newest version of each exported message, in the order of the rows."""
        edited, received = _as_numpy(self.edited)[exports], _as_numpy(self.received)[exports]
        order = np.lexsort((exports, received, edited, shared[exports]))
        keys = shared[exports][order]
        is_last = np.ones(len(keys), np.bool_)
        is_last[:-1] = keys[1:] != keys[:-1]
        return np.sort(exports[order[is_last]])

    def _seen_at_their_moment(self, exports: _Integers, origins: _Integers) -> _Integers:
        """Return the exported messages that the bot's side has: each of these stands for one."""
        moments, texts = self.moments, self.texts
        asked = {moments[each] for each in exports.tolist()} - {0}
        seen: defaultdict[int, list[int]] = defaultdict(list)
        """The texts of the messages of a moment."""
        for each in np.flatnonzero(np.isin(_as_numpy(moments), np.array(sorted(asked), np.int64))):
            if origins[each] != _EXPORT:
                seen[moments[each]].append(texts[each])
        # An edited message has another text than the one that was delivered: those come last.
        found = [each for each in exports.tolist() if _take(seen[moments[each]], texts[each])]
        edited = (each for each in exports.tolist() if self.edited[each])
        for each in sorted(set(edited).difference(found)):
            if seen[moments[each]]:
                seen[moments[each]].pop()
                found.append(each)
        return np.array(found, np.int64)


def _take(texts: list[int], text: int) -> bool:
    """Remove a text from a list; return whether it was there."""
    if text not in texts:
        return False
    texts.remove(text)
    return True


def _as_numpy(column: "array[int]") -> _Integers:
    return np.frombuffer(column, np.int64) if column else np.empty(0, np.int64)
