"""`CallAddress`: which bot, and which method or file, the path of a request is about."""

import re
from dataclasses import dataclass
from typing import Final

from lambda_ingest.settings import Secret
from lambda_ingest.synthetic.bot_methods import canonical_name

_PATH: Final = re.compile(
    r"/(?P<file>file/)?bot(?P<token>(?P<bot_id>[1-9][0-9]{0,17}):[A-Za-z0-9_-]+)"
    r"/(?:test/)?(?P<rest>.+)",
    re.DOTALL,
)
"""Of a request, with its escapes undone. `test` is Telegram's test environment.

https://core.telegram.org/bots/api#making-requests
https://core.telegram.org/bots/features#testing-your-bot
"""

_METHOD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}/?")


@dataclass(frozen=True, slots=True)
class CallAddress:
    """The address of a call, or of a file."""

    token: Secret
    bot_id: int
    method: str
    """As Telegram writes it, if it is known; empty for a file, or if it is not a name."""


def parse_path(path: str) -> CallAddress | None:
    """Parse the path of a request, with its escapes undone; None if it has no token."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    is_method = not found["file"] and _METHOD.fullmatch(found["rest"])
    method = canonical_name(found["rest"].rstrip("/")) if is_method else ""
    return CallAddress(Secret(found["token"]), int(found["bot_id"]), method)
