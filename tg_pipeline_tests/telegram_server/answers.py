"""What the Bot API answers: a status and a body."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, as it goes over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A call that the Bot API refuses."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after

    def answer(self) -> Answer:
        """Say so, in the Bot API's words."""
        said: dict[str, Any] = {"ok": False, "error_code": self.code}
        said["description"] = self.description
        if self.retry_after is None:
            return Answer(self.code, _json(said))
        said["parameters"] = {"retry_after": self.retry_after}
        return Answer(self.code, _json(said), {"Retry-After": str(self.retry_after)})


def result(value: Any, description: str = "") -> Answer:
    """Answer a call that went well."""
    said = {"ok": True, "result": value}
    return Answer(200, _json(said | {"description": description} if description else said))


def verbatim_results(bodies: Iterable[bytes]) -> Answer:
    """Answer with a list of JSON texts, byte for byte."""
    return Answer(200, b'{"ok":true,"result":[%b]}' % b",\n".join(bodies))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
