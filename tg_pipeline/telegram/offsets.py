"""How far an answer of getUpdates reaches: the offset that confirms it, and nothing else."""

import re
from typing import Final

from tg_pipeline.telegram.slices import NotCutError, members

LARGEST_OFFSET: Final = 2**31 - 1
"""The server reads an offset as 32 bits. A higher one would wrap, and a negative one forgets
updates that nobody has seen. https://core.telegram.org/bots/api#getupdates"""

_ID: Final = re.compile(rb"[0-9]{1,10}")


def next_offset(offset: int | None, bodies: list[bytes]) -> int | None:
    """Give the offset that confirms `bodies`, the answer to `offset`; None where none does.

    Ids ascend, so the n updates from one on reach at least n ids far, even where theirs can't be
    read. After a week without updates ids start anew, maybe lower: then Telegram ignores the
    offset, and only the ids count. https://core.telegram.org/bots/api#update
    """
    ids = [(place, known) for place, body in enumerate(bodies) if (known := update_id_of(body))]
    reached = [known + len(bodies) - place for place, known in ids]
    if offset is not None and all(known >= offset for _, known in ids):
        reached.append(offset + len(bodies))
    return max((each for each in reached if each <= LARGEST_OFFSET), default=None)


def update_id_of(update: bytes) -> int | None:
    """Give the id of an update, None where it has none from 1 on that an offset can go past."""
    try:
        written = members(update).get("update_id", b"")
    except NotCutError:
        return None
    known = int(written) if _ID.fullmatch(written) else LARGEST_OFFSET
    return known if 0 < known < LARGEST_OFFSET else None
