"""Updates in files that people save: getUpdates responses, JSON arrays, one update per line.

Each update is returned byte for byte.
"""

import re
from typing import Final

from tg_pipeline.telegram.raw_json import JsonSplitError, split_array, split_object

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""What some programs write at the beginning of a UTF-8 file, although JSON does not allow it."""

_UPDATE_START: Final = re.compile(rb'\s*\{\s*"update_id"\s*:')
"""How Telegram begins an update: no need to split it."""

_EXPORT_START: Final = re.compile(
    rb'\s*\{\s*"(?:about"|(?:name|type|id)".{0,2000}?"messages"\s*:)', re.DOTALL
)
"""How Telegram Desktop begins an export of all chats, and one of a single chat."""


def is_chat_export(text: bytes) -> bool:
    """Return whether a text is, or begins, a chat export: it has messages, but no updates."""
    return _EXPORT_START.match(text) is not None


def split_updates(text: bytes) -> list[bytes]:
    """Return the updates in a text: of a getUpdates response, or of an array of updates.

    Anything else is returned as it is, as the only element.
    """
    if _UPDATE_START.match(text):
        return [text]
    try:
        if text.lstrip()[:1] == b"[":
            return split_array(text)
        response = split_object(text)
        if "update_id" not in response and response.get("result", b"")[:1] == b"[":
            return split_array(response["result"])
    except JsonSplitError:
        pass
    return [text]
