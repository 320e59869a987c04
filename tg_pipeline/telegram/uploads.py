"""A call that carries a file. https://core.telegram.org/bots/api#sending-files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, the parameter that it is, and the name that it goes by."""

    parameter: str
    name: str
    data: bytes


def form(parameters: Mapping[str, Any], upload: Upload) -> dict[str, Any]:
    """Give the call as a form, as requests takes it; lists and switches are written as JSON."""
    fields = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in parameters.items()
    }
    return {"data": fields, "files": {upload.parameter: (upload.name, upload.data)}}
