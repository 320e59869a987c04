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

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def answer(self) -> Answer:
        """Say so, in the Bot API's words."""
        said: dict[str, Any] = {"ok": False, "error_code": self.code}
        said["description"] = self.description
        if not self.parameters:
            return Answer(self.code, _json(said))
        said["parameters"] = self.parameters
        wait = self.parameters.get("retry_after")
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Answer(self.code, _json(said), headers)


def result(value: Any, description: str = "") -> Answer:
    """Answer a call that went well."""
    said = {"ok": True, "result": value}
    return Answer(200, _json(said | {"description": description} if description else said))


def verbatim_results(bodies: Iterable[bytes]) -> Answer:
    """Answer with a list of JSON texts, byte for byte."""
    return Answer(200, b'{"ok":true,"result":[%b]}' % b",\n".join(bodies))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
