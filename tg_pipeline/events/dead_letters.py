"""Dead letters: messages that can't be read, stored in the lake with the reason."""

import hashlib
import json
from typing import Final

from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages

REJECTED_EVENTS: Final = "rejected_events"
"""Their folder in the lake: Dagster's credentials may not write to the landing zone."""


def dead_letter(lake: ObjectStore, body: str, reason: str) -> str:
    """Store a message once, under a key derived from its text; return the key.

    Raises StoreError, or the file system's errors.
    """
    text = body.encode("utf-8", "surrogatepass")
    key = f"{REJECTED_EVENTS}/{hashlib.sha256(text).hexdigest()}.json"
    with translate_errors(lake):
        put_if_absent(lake, key, json.dumps({"reason": reason, "message": body}).encode("ascii"))
    return key


def count_dead_letters(lake: ObjectStore) -> int:
    """Return the number of dead letters; raises StoreError, or the file system's errors."""
    return sum(map(len, list_pages(lake, REJECTED_EVENTS)))
