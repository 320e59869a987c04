"""Messages that can't be read, kept in the lake with the reason, since what they ask is unknown."""

import hashlib
import json
from typing import Final

from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.object_store import pages

REJECTED_EVENTS: Final = "rejected_events"
"""The lake's folder for them: whoever builds the lake may not write to the landing zone."""


def dead_letter(lake: ObjectStore, body: str, reason: str) -> str:
    """Keep a message under a key that its text decides, so that it is kept once; give the key.

    Raises StoreError, or what a disk raises.
    """
    text = body.encode("utf-8", "surrogatepass")
    key = f"{REJECTED_EVENTS}/{hashlib.sha256(text).hexdigest()}.json"
    with translate_errors(lake):
        put_if_absent(lake, key, json.dumps({"reason": reason, "message": body}).encode("ascii"))
    return key


def count_dead_letters(lake: ObjectStore) -> int:
    """Give how many messages are kept; raises StoreError, or what a disk raises."""
    return sum(map(len, pages(lake, REJECTED_EVENTS)))
