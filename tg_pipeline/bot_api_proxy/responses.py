"""What the responses of the Bot API mean for the record: outcomes of calls, and updates."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

from lambda_ingest.landing import is_nested_too_deeply
from lambda_ingest.synthetic.call_params import without_secrets
from tg_pipeline.bot_api_proxy.spool import Outcome
from tg_pipeline.telegram.raw_json import JsonSplitError, split_array, split_object

IDENTITY: Final = "identity"
DECODED: Final = frozenset({"gzip", "deflate", IDENTITY})
"""The content encodings that can be undone; a bot's other ones are not offered to Telegram."""

MAX_DECODED_BYTES: Final = 256 * 1024 * 1024
"""Of a compressed response: more than 100 updates of the largest size that a webhook takes."""

UNAUTHORIZED: Final = 401

_SUCCESS: Final = range(200, 300)
_AUTO_DETECT: Final = 32 + zlib.MAX_WBITS
"""For gzip and zlib: https://docs.python.org/3/library/zlib.html#zlib.decompress"""


class UnreadableAnswerError(Exception):
    """A response can't be read, so what it holds can't be stored; says why."""


def accepted_encodings(value: str) -> str:
    """Return a header Accept-Encoding without the encodings that can't be undone."""
    offered = [each.strip() for each in value.split(",")]
    kept = [each for each in offered if each.partition(";")[0].strip().lower() in DECODED]
    return ", ".join(kept) or IDENTITY


def decoded(body: bytes, encoding: str) -> bytes:
    """Return a body without its content encoding; raises UnreadableAnswerError."""
    if encoding.strip().lower() in {"", IDENTITY}:
        return body
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise UnreadableAnswerError("it is compressed in an unknown way")
    last = None
    for bits in (_AUTO_DETECT, -zlib.MAX_WBITS):
        inflate = zlib.decompressobj(bits)
        try:
            text = inflate.decompress(body, MAX_DECODED_BYTES)
        except zlib.error as error:
            last = error
            continue
        if inflate.unconsumed_tail or not inflate.eof:
            raise UnreadableAnswerError("it is incomplete, or too large")
        return text
    raise UnreadableAnswerError(f"it can't be decompressed ({last})")


def updates_in(status: int, body: bytes) -> list[bytes]:
    """Return the updates in a response to getUpdates, byte for byte; none in that of a failure.

    Raises UnreadableAnswerError if a bot might find updates that are not found here.
    """
    try:
        members = split_object(body)
    except JsonSplitError:
        members = {}
    if members.get("ok") == b"false" or (not members and status not in _SUCCESS):
        return []
    try:
        return split_array(members.get("result", b""))
    except JsonSplitError:
        raise UnreadableAnswerError("it is not a list of updates") from None


def outcome_of(
    status: int, body: bytes | None, milliseconds: int, secrets: Iterable[str]
) -> Outcome:
    """Return what a response says about a call; `body` is None if it was too long to be kept."""
    response = _parse(body) if body is not None else {"ok": status in _SUCCESS}
    is_answer = isinstance(response, dict) and isinstance(response.get("ok"), bool)
    if not is_answer:
        # Of a gateway, say: the call may have been made.
        return Outcome(None, error={"error_code": status}, milliseconds=milliseconds)
    clean = without_secrets(response, secrets)
    result = clean.get("result") if clean["ok"] else None
    error = {} if clean["ok"] else clean
    return Outcome(clean["ok"], result, error, milliseconds)


def username_in(body: bytes) -> str:
    """Return the username in a response to getMe; empty if there is none."""
    response = _parse(body)
    result = response.get("result") if isinstance(response, dict) else None
    username = result.get("username") if isinstance(result, dict) else None
    return username if isinstance(username, str) else ""


def _parse(body: bytes) -> Any:
    if is_nested_too_deeply(body):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
