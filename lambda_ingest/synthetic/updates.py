"""Synthetic updates: lines in the form of an update for what Telegram does not send as one.

A bot's own calls and the messages of an exported history pass through the same landing zone and
layers as updates. Their ids are from 2^62 on, a range that Telegram never uses and that ingestion
refuses from the network, so that nobody can forge them. Standard library only.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

FIRST_SYNTHETIC_ID: Final = 2**62
"""Telegram's ids are far below: the server numbers updates by 32-bit integers.

Source: https://core.telegram.org/bots/api#getupdates (offset)
"""

BOT_CALL: Final = "bot_call"
"""A call of a Bot API method by the bot, with its outcome; see `bot_calls`."""

EXPORTED_MESSAGE: Final = "exported_message"
"""A message of a chat's history, as Telegram Desktop exports it."""

OLD_ID_BITS: Final = 32
"""Exports until 2021 wrote accounts as numbers, with the kind above these bits: 1 for a user, 2 for
a group, 3 for a channel."""

SYNTHETIC_TYPES: Final = frozenset({BOT_CALL, EXPORTED_MESSAGE})

_SECONDS_BITS: Final = 31
_HASH_BITS: Final = 31
_LAST_SECOND: Final[int] = 2**_SECONDS_BITS - 1

_FIRST_SECOND: Final = int(datetime(2013, 8, 14, tzinfo=UTC).timestamp())
"""Telegram's launch: 31 bits of seconds from there reach into the year 2081."""


def synthetic_id(second: int, identity: bytes) -> int:
    """Return the id of a synthetic update: the same for the same identity at the same Unix second.

    Ids ascend with the time, so that those of two days are two ranges, and a day need not be
    compared with all earlier ones. Two lines of one second have the same id by chance in one of
    2^31 cases; deduplication counts that as a conflict.
    """
    seconds = min(max(second - _FIRST_SECOND, 0), _LAST_SECOND)
    digest = int.from_bytes(hashlib.sha256(identity).digest()[:8], "big") >> (64 - _HASH_BITS)
    return FIRST_SYNTHETIC_ID | seconds << _HASH_BITS | digest


def is_synthetic(update_id: int) -> bool:
    """Return whether an id belongs to a synthetic update."""
    return update_id >= FIRST_SYNTHETIC_ID
