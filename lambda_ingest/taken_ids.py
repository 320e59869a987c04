"""Whether the update that is stored under a key is the one that arrives under it.

Telegram sends an update again after an error, so the same id usually means the same update. It does
not if two bots have the same id in their settings, or if a file was edited.
"""

import hashlib
import json
import re
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore

from lambda_ingest.landing import NotAnUpdateError, parse_update

if TYPE_CHECKING:
    from obstore import ObjectMeta

Reduce = Callable[[bytes], bytes | None]
"""Removes from an update what is not to be stored."""

_DENIED: Final = ("status code: 403", "status code: 401")
"""How obstore reports that a listing is not permitted: its type of error is that of any other."""

_MD5: Final = re.compile(r'"?([0-9a-f]{32})"?')


class Match(Enum):
    """What is known about a stored object and an update with the same key."""

    SAME = "same"
    DIFFERENT = "different"

    PERHAPS_DIFFERENT = "perhaps different"
    """Their digests differ, if the store's e-tag is a digest."""

    UNKNOWN = "unknown"
    """The object can't be looked at."""

    GONE = "gone"
    """There is no such object any more."""


def compare_by_reading(landing: ObjectStore, key: str, body: bytes, reduce: Reduce) -> Match:
    """Compare a stored object with an update; raises the store's errors.

    Also equal are a copy that was serialized differently, and an update that landed before `reduce`
    removed what it removes now.
    """
    try:
        stored = obstore.get(landing, key).bytes().to_bytes()
    except (NotFoundError, FileNotFoundError):
        return Match.GONE
    except (PermissionDeniedError, UnauthenticatedError, PermissionError):
        return Match.UNKNOWN
    return Match.SAME if is_same_update(stored, body, reduce) else Match.DIFFERENT


def is_same_update(stored: bytes, body: bytes, reduce: Reduce) -> bool:
    """Return whether an object holds an update, with the same values or without what is removed."""
    if stored == body:
        return True
    arriving = _canonical(body)
    if arriving is None or _canonical(stored) is None:
        return False
    reduced = reduce(stored)
    return arriving in {_canonical(each) for each in (stored, reduced) if each is not None}


def compare_by_listing(landing: ObjectStore, key: str, body: bytes) -> Match:
    """Compare a stored object with an update without reading it; raises the store's errors.

    The e-tag is the MD5 digest of an object that was put at once and is not encrypted, or with the
    bucket's own key. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    try:
        meta = _find(landing, key)
    except BaseError as error:
        if not any(status in str(error) for status in _DENIED):
            raise
        return Match.UNKNOWN
    if meta is None:
        return Match.GONE
    if meta["size"] != len(body):
        return Match.DIFFERENT
    digest = _MD5.fullmatch(meta["e_tag"] or "")
    if digest is None:
        return Match.UNKNOWN
    return Match.SAME if is_md5(meta["e_tag"], body) else Match.PERHAPS_DIFFERENT


def is_md5(e_tag: str | None, body: bytes) -> bool:
    """Return whether an e-tag is the MD5 digest of a body."""
    return (e_tag or "").strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest()


def _find(landing: ObjectStore, key: str) -> "ObjectMeta | None":
    """Return what a listing says about an object; None if there is no such object."""
    folder = key.rpartition("/")[0]
    # A bucket lists objects in the order of their keys, so this one is the first or nearly so.
    pages = obstore.list(landing, folder, offset=key[:-1])
    return next((meta for page in pages for meta in page if meta["path"] == key), None)


def _canonical(body: bytes) -> str | None:
    """Return the values of an update in an order and form of their own; None if it is not one.

    As a text, since 1, 1.0 and true are equal in Python.
    """
    try:
        return json.dumps(parse_update(body), sort_keys=True)
    except (NotAnUpdateError, RecursionError):
        return None
