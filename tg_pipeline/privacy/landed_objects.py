"""What an object of the landing zone becomes without forgotten people; pure."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress as ignore
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX, unwrap_rejected, wrap_rejected
from lambda_ingest.privacy.suppression import Tombstones, suppress
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.synthetic.replies import REPLIES_PREFIX
from tg_pipeline.landing.reader import is_readable_name

PRIVACY_PREFIX: Final = "privacy"
"""The tombstones, and what retention remembers."""

WITHOUT_PEOPLE: Final = (JOURNAL_PREFIX, PRIVACY_PREFIX, GAPS_PREFIX)
"""Folders whose objects hold names of objects, times and digests only, or nothing."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """An object without forgotten people."""

    body: bytes | None
    """The same bytes object if they were not in it; None if nothing of it may be kept."""
    removed: int = 0
    """Updates that were a forgotten person's own."""
    changed: int = 0
    """Updates of others that contained a forgotten person."""


def redact(key: str, body: bytes, tombstones: Tombstones) -> Redacted:
    """Return an object of the landing zone without forgotten people.

    Objects of other folders than those of the landing zone stay as they are.
    """
    folder = key.partition("/")[0]
    if folder in WITHOUT_PEOPLE:
        return Redacted(body)
    if folder == REJECTED_PREFIX:
        return _redact_rejected(body, tombstones)
    if folder == LANDING_PREFIX and is_readable_name(key):
        return _redact_landed(key, body, tombstones)
    is_known = folder in {LANDING_PREFIX, REPLIES_PREFIX}
    return _redact_one(body, tombstones) if is_known else Redacted(body)


def own_updates(key: str, body: bytes, tombstones: Tombstones) -> set[str]:
    """Return the names of a landed object's updates that are a forgotten person's own.

    Replies to them have the same name: the bot's id and that of the update.
    """
    name = PurePosixPath(key).name
    bot, dash, _ = name.partition("-")
    if not key.startswith(f"{LANDING_PREFIX}/") or not dash:
        return set()
    own = (line for line in lines_of(key, body) if suppress(line, tombstones) is None)
    return {f"{bot}-{update_id}" for line in own if (update_id := _update_id(line)) is not None}


def lines_of(key: str, body: bytes) -> list[bytes]:
    """Return the updates of an object of the landing zone, or whatever it has instead of them."""
    if key.partition("/")[0] == REJECTED_PREFIX:
        return [unwrap_rejected(body)]
    plain = _decompress(key, body)
    return [line for line in plain.split(b"\n") if line.strip()] if _is_ndjson(key) else [plain]


def parsed_updates(key: str, body: bytes) -> Iterator[Any]:
    """Yield the parsed JSON of an object of the landing zone, as far as it is JSON."""
    for line in lines_of(key, body):
        with ignore(ValueError, RecursionError):
            yield json.loads(line)


def _redact_landed(key: str, body: bytes, tombstones: Tombstones) -> Redacted:
    plain = _decompress(key, body)
    if not _is_ndjson(key):
        result = _redact_one(plain, tombstones)
    else:
        result = _redact_lines(plain, tombstones)
    if result.body is plain:
        return Redacted(body)
    if result.body is None or not key.endswith(".gz"):
        return result
    return replace(result, body=gzip.compress(result.body, mtime=0))


def _redact_lines(plain: bytes, tombstones: Tombstones) -> Redacted:
    """Replace lines that may not be kept by empty ones, so that the others keep their numbers."""
    results = [_redact_one(line, tombstones) for line in plain.split(b"\n")]
    removed, changed = sum(each.removed for each in results), sum(each.changed for each in results)
    if not removed + changed:
        return Redacted(plain)
    rest = b"\n".join(each.body or b"" for each in results)
    return Redacted(rest if rest.strip() else None, removed, changed)


def _redact_one(body: bytes, tombstones: Tombstones) -> Redacted:
    """Redact an update, or bytes that are none: these can only be kept or removed."""
    if not body.strip():
        return Redacted(body)
    result = suppress(body, tombstones)
    if result is body:
        return Redacted(body)
    return Redacted(None, removed=1) if result is None else Redacted(result, changed=1)


def _redact_rejected(body: bytes, tombstones: Tombstones) -> Redacted:
    original = unwrap_rejected(body)
    result = _redact_one(original, tombstones)
    if result.body is None or original is body:
        return result
    if result.body is original:
        return Redacted(body)
    return replace(result, body=wrap_rejected(result.body, json.loads(body)["reason"]))


def _update_id(body: bytes) -> int | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    update_id = update.get("update_id") if isinstance(update, dict) else None
    return update_id if type(update_id) is int else None


def _is_ndjson(key: str) -> bool:
    return key.removesuffix(".gz").endswith(".ndjson")


def _decompress(key: str, body: bytes) -> bytes:
    """Return the content of an object; of a damaged gzip stream, as much as can be read."""
    if not key.endswith(".gz"):
        return body
    stream, parts = gzip.GzipFile(fileobj=io.BytesIO(body)), list[bytes]()
    try:
        while chunk := stream.read1():
            parts.append(chunk)
    except (EOFError, OSError, zlib.error):
        if not parts:
            return body
    return b"".join(parts)
