"""Read the parameters of a Bot API call, for the record of it. Standard library only.

A bot sends them as a query string, a form, a multipart form or JSON. What is recorded has no
contents of files and no secrets, and the JSON that forms hold as text is parsed, so that whatever
removes people from updates finds them in calls, too.
https://core.telegram.org/bots/api#making-requests
"""

import json
import re
from collections.abc import Iterable, Mapping
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from lambda_ingest.landing import finite_float, is_nested_too_deeply

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

MAX_FIELDS: Final = 1_000
"""Of a form. A call has less than 100."""

MAX_TEXT_BYTES: Final = 1024 * 1024
"""Of all texts of a call. Telegram's largest are some 100 KB: the results of an inline query."""

MAX_PART_HEAD: Final = 16 * 1024
"""Of the headers of a part of a multipart form."""

SECRET_PARAMS: Final = frozenset({"secret_token", "provider_token", "token", "certificate"})
"""Parameters that are never recorded: the secret of a webhook, the token of a payment provider."""

SET_WEBHOOK: Final = "setWebhook"

_WRITTEN: Final = frozenset(
    """
    caption comment custom_description description explanation message_text name payload question
    quote short_description text title
    """.split()
)
"""Parameters that are texts, also if one looks like JSON."""

_MASK: Final = "***"

_ANY_TOKEN: Final = re.compile(r"\b[0-9]{3,18}(?::|%3[aA])[A-Za-z0-9_-]{20,}")
"""Any bot's token; a real one has 35 characters after the colon."""

_HEAD_END: Final = b"\r\n\r\n"


class MultipartScanner:
    """Reads a multipart form piece by piece: the texts, and of files only the name and the size.

    https://www.rfc-editor.org/rfc/rfc7578
    """

    def __init__(self, content_type: str) -> None:
        """Start; without a boundary in the content type there are no fields."""
        boundary = _header_param("content-type", content_type, "boundary") or ""
        self._delimiter = b"\r\n--" + boundary.encode("utf-8", "replace")
        # The first delimiter may be at the beginning, without a line break before it.
        self._buffer = bytearray(b"\r\n")
        self._is_in_head = False
        self._is_over = not boundary
        self._name: str | None = None
        self._file_name: str | None = None
        self._text = bytearray()
        self._size = 0
        self._texts_size = 0
        self._params: dict[str, Any] = {}

    def feed(self, piece: bytes) -> None:
        """Read the next piece."""
        if self._is_over:
            return
        self._buffer += piece
        while not self._is_over and self._step():
            pass

    def params(self) -> dict[str, Any]:
        """Return the complete fields by name."""
        return dict(self._params)

    def _step(self) -> bool:
        """Read as far as the buffer allows; return whether there may be more to read in it."""
        return self._read_head() if self._is_in_head else self._read_content()

    def _read_head(self) -> bool:
        end = self._buffer.find(_HEAD_END)
        # The last delimiter is followed by two hyphens.
        self._is_over = self._buffer.startswith(b"--") or (
            end < 0 and len(self._buffer) > MAX_PART_HEAD
        )
        if end < 0:
            return False
        self._begin(self._buffer[:end].decode("utf-8", "replace"))
        del self._buffer[: end + len(_HEAD_END)]
        self._is_in_head = False
        return True

    def _read_content(self) -> bool:
        end = self._buffer.find(self._delimiter)
        if end < 0:
            # The end may be the beginning of a delimiter.
            ready = max(0, len(self._buffer) - len(self._delimiter) + 1)
            self._take(self._buffer[:ready])
            del self._buffer[:ready]
            return False
        self._take(self._buffer[:end])
        self._end()
        del self._buffer[: end + len(self._delimiter)]
        self._is_in_head = True
        return True

    def _begin(self, head: str) -> None:
        self._name = self._file_name = None
        self._text.clear()
        self._size = 0
        for line in head.split("\r\n"):
            header, _, value = line.partition(":")
            if header.strip().lower() == "content-disposition":
                self._name = _header_param(header.strip(), value, "name")
                self._file_name = _header_param(header.strip(), value, "filename")

    def _take(self, content: bytearray) -> None:
        self._size += len(content)
        if self._name is not None and self._file_name is None:
            kept = content[: MAX_TEXT_BYTES - self._texts_size]
            self._texts_size += len(kept)
            self._text += kept

    def _end(self) -> None:
        if self._name is None or len(self._params) >= MAX_FIELDS:
            return
        if self._file_name is None:
            self._params[self._name] = self._text.decode("utf-8", "replace")
        else:
            self._params[self._name] = {"file_name": self._file_name, "file_size": self._size}


class BodyReader:
    """Reads the body of a call piece by piece; of one that is too long to record, nothing."""

    def __init__(self, content_type: str) -> None:
        """Start with the value of the request's header."""
        self._encoding = content_type.partition(";")[0].strip().lower()
        is_multipart = self._encoding == MULTIPART
        self._scanner = MultipartScanner(content_type) if is_multipart else None
        self._body = bytearray()
        self._is_too_long = False

    def feed(self, piece: bytes) -> None:
        """Read the next piece."""
        if self._scanner:
            self._scanner.feed(piece)
        elif len(self._body) + len(piece) <= MAX_TEXT_BYTES:
            self._body += piece
        else:
            self._is_too_long = True

    def params(self) -> dict[str, Any]:
        """Return the parameters, as they were sent; empty if they can't be read."""
        if self._scanner:
            return self._scanner.params()
        if self._is_too_long:
            return {}
        if self._encoding == FORM:
            return read_form(self._body.decode("utf-8", "replace"))
        parsed = _parse(bytes(self._body))
        return parsed if isinstance(parsed, dict) else {}


def read_body(content_type: str, body: bytes) -> dict[str, Any]:
    """Return the parameters in a whole body, as they were sent; empty if they can't be read."""
    reader = BodyReader(content_type)
    reader.feed(body)
    return reader.params()


def read_form(text: str) -> dict[str, Any]:
    """Return the parameters in a query string or a form; empty if they can't be read."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}


def recordable(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be recorded of a call's parameters: no secrets, and JSON in texts parsed.

    Of the URL of a webhook, whose path is often a secret, only the host is kept.
    """
    kept = {name: value for name, value in params.items() if name not in SECRET_PARAMS}
    if method == SET_WEBHOOK and "url" in kept:
        kept["url"] = _host_of(kept["url"])
    return {name: _structure(name, value) for name, value in kept.items()}


def without_secrets(value: Any, secrets: Iterable[str]) -> Any:
    """Return a parsed JSON value without secrets, and without what looks like a bot's token."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _MASK)
        return _ANY_TOKEN.sub(_MASK, value)
    if isinstance(value, list):
        return [without_secrets(each, secrets) for each in value]
    if isinstance(value, dict):
        return {
            without_secrets(name, secrets): without_secrets(each, secrets)
            for name, each in value.items()
        }
    return value


def _host_of(url: Any) -> str:
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""


def _structure(name: str, value: Any) -> Any:
    """Return a value; of a text that is the JSON of an object or an array, that."""
    is_json = isinstance(value, str) and value.lstrip()[:1] in {"{", "["}
    if not is_json or name in _WRITTEN:
        return value
    parsed = _parse(value.encode("utf-8", "replace"))
    return parsed if isinstance(parsed, dict | list) else value


def _parse(text: bytes) -> Any:
    """Return a parsed JSON text; None if it is not one, or nested too deeply."""
    if is_nested_too_deeply(text):
        return None
    try:
        return json.loads(text, parse_float=finite_float, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _header_param(header: str, value: str, name: str) -> str | None:
    """Return a parameter of a header's value; None if it has none of this name."""
    message = Message()
    try:
        message[header] = " ".join(value.split())
        found = message.get_param(name, header=header)
        return None if found is None else collapse_rfc2231_value(found)
    except (ValueError, LookupError, AttributeError):
        return None
