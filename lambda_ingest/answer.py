"""What a door answers."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and nothing in the body unless a bot behind the door said it.

    Telegram takes any 2xx for success and executes a body that has a `method`.
    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    """For the journal, where the status alone does not say it; never sent."""

    def as_event(self) -> dict[str, Any]:
        """Give it in the shape that API Gateway and function URLs take from a Lambda."""
        try:
            text, is_base64 = self.body.decode("utf-8"), False
        except UnicodeDecodeError:
            text, is_base64 = base64.b64encode(self.body).decode("ascii"), True
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": text,
            "isBase64Encoded": is_base64,
        }
