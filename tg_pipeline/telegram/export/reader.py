r"""Read a history that Telegram Desktop exported (`result.json`): chats, and their messages.

Exports have gigabytes, and parts of them are not JSON: control characters are written as `\x01`,
and some versions leave out quotes. So messages are split by the structure first, and then each is
read on its own: one that can't be read costs no other. A few megabytes are held at a time.

Source: https://github.com/telegramdesktop/tdesktop (export_output_json.cpp)
"""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from tg_pipeline.telegram.saved_updates import BYTE_ORDER_MARK

CHUNK_BYTES: Final = 1024 * 1024
"""Bytes that are read at once."""

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""A text has 4,096 characters, a message with all its parts some kilobytes. What has no end within
this many bytes is damaged."""

LEVELS: Final = 32
"""Levels of objects and arrays in a message: Telegram Desktop writes about six."""

_STRING: Final = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
"""A string. Line breaks are always escaped, so one that is not ends a damaged string."""

_NO_BRACKETS: Final = rb'[^"\[\]{}]*+(?:' + _STRING + rb'[^"\[\]{}]*+)*+'


def _nested(levels: int) -> bytes:
    """Return a pattern of what is between two brackets."""
    if not levels:
        return _NO_BRACKETS
    inner = rb"(?:[\[{]" + _nested(levels - 1) + rb"[\]}]" + _NO_BRACKETS + rb")*+"
    return _NO_BRACKETS + inner


_OBJECT: Final = re.compile(rb"\{" + _nested(LEVELS) + rb"\}", re.DOTALL)
"""An object by its brackets and strings, in time linear in its size."""

_BETWEEN: Final = re.compile(rb"[\s,]*+")
_SPACE: Final = re.compile(rb"\s*+")
_KEY: Final = re.compile(rb"\s*+,?\s*+(" + _STRING + rb")\s*+:\s*+", re.DOTALL)
_SCALAR: Final = re.compile(rb"(?:" + _STRING + rb"|[^\s,\[\]{}\"]++)(?=[\s,\]}])", re.DOTALL)
_TOKENS: Final = re.compile(_STRING + rb'|["\[\]{}]', re.DOTALL)

_CHAT_START: Final = (
    rb'\{\s*+(?:"name"\s*+:\s*+(?:null|' + _STRING + rb")\s*+,\s*+)?"
    rb'"type"\s*+:\s*+"[a-z_]++"\s*+,\s*+"id"\s*+:\s*+-?\d++\s*+,\s*+"messages"\s*+:'
)
_MESSAGE_START: Final = (
    rb'\{\s*+"id"\s*+:\s*+-?\d++\s*+,\s*+"type"\s*+:\s*+"(?:message|service|unsupported)"'
)
_RESTART: Final = re.compile(rb"(?P<chat>" + _CHAT_START + rb")|" + _MESSAGE_START, re.DOTALL)
"""Where reading continues after a message without an end: as Telegram Desktop begins messages and
chats. Inside of a string the quotes would be escaped."""

_CLOSING: Final = re.compile(rb"\][\s\]}]*\n\}\s*+\Z")
"""The end of a complete file: of the last messages, and of all, at the beginning of a line."""

_ESCAPES: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
"""An escape with the character after the backslash: in `\\\\x01` the backslash is escaped."""

_TOKEN_OR_SPACE: Final = re.compile(rb"(" + _STRING + rb")|\s++", re.DOTALL)

LISTS: Final = ("chats", "left_chats")
"""Where a full export has its chats."""


class NotAnExportError(ValueError):
    """The file is no chat export; the message continues a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class ExportedPart:
    """A message of an export."""

    content: bytes
    """Compact JSON, or what is there instead."""
    is_readable: bool
    """Whether it is a JSON object."""
    offset: int
    """Where it begins, in the uncompressed file."""


@dataclass(slots=True)
class ExportedChat:
    """A chat of an export, before its messages."""

    name: str
    """Empty if it has none."""
    kind: str
    """Such as `private_supergroup`."""
    number: int
    """Its id as exported: without the sign and the prefix of the Bot API."""
    is_single: bool
    """Whether the export is of this chat alone."""

    _begin: Callable[[], Iterator[ExportedPart]]
    _peek: Callable[[], Generator[ExportedPart]]

    def messages(self) -> Iterator[ExportedPart]:
        """Yield the messages, once, before the next chat is asked for."""
        return self._begin()

    def peek(self) -> Generator[ExportedPart]:
        """Yield the messages ahead of time: `messages` yields them again. Close it when done."""
        return self._peek()


class ExportReader:
    """Reads an export from a file."""

    def __init__(self, source: BinaryIO, chunk_bytes: int = CHUNK_BYTES) -> None:
        """Read a file that is open for reading, and can be rewound."""
        self.owner: int | None = None
        """The user who exported it, as far as a full export has said so."""
        self.fault: str = ""
        """Why the rest of the file could not be read; empty if all of it was."""
        self.chats_seen = 0
        self._source = source
        self._chunk_bytes = chunk_bytes
        self._buffer = b""
        self._position = 0
        self._base = 0
        """The offset of the buffer in the file."""
        self._is_all_read = False
        self._is_ended = False
        """Whether nothing more can be read."""
        self._is_restarted = False
        """Whether reading continues at a chat, after damage in the one before."""

    def chats(self) -> Iterator[ExportedChat]:
        """Yield the chats in the order of the file. Messages that are not asked for are skipped.

        A file that ends early, or goes on unreadably, ends the chats and their messages: then
        `fault` says why. Raises NotAnExportError if the file is something else, and OSError.
        """
        try:
            while len(self._buffer) < len(BYTE_ORDER_MARK) and self._fill():
                pass
            if self._buffer.startswith(BYTE_ORDER_MARK):
                self._position = len(BYTE_ORDER_MARK)
            if self._peek_byte() == b"<":
                raise NotAnExportError(
                    "is an HTML page: choose JSON as the format when you export."
                )
            if self._peek_byte() != b"{":
                raise NotAnExportError(_NOT_AN_EXPORT)
            yield from self._root()
            if not self.chats_seen and not self.fault:
                raise NotAnExportError(_NOT_AN_EXPORT)
        except _DamageError as damage:
            if not self.chats_seen and not self._buffer.strip():
                raise NotAnExportError("is empty.") from None
            self.fault = str(damage)

    # The objects around the messages

    def _root(self) -> Iterator[ExportedChat]:
        head: dict[str, object] = {}
        for key in self._members():
            if key == "messages":
                yield from self._chat_at_messages(head, is_single=True)
            elif key in LISTS and self._peek_byte() == b"{":
                for inner in self._members():
                    if inner == "list":
                        yield from self._list_of_chats()
                    else:
                        self._skip()
            elif key == "personal_information" and self._peek_byte() == b"{":
                for inner in self._members():
                    if inner == "user_id":
                        value = self._scalar()
                        self.owner = value if isinstance(value, int) else None
                    else:
                        self._skip()
            elif key in _HEAD and not self.chats_seen:
                head[key] = self._scalar()
            else:
                self._skip()

    def _list_of_chats(self) -> Iterator[ExportedChat]:
        self._take(b"[")
        while True:
            self._position = self._skip_pattern(_BETWEEN)
            if self._peek_byte() == b"]":
                self._take(b"]")
                return
            self._is_restarted = False
            head: dict[str, object] = {}
            for key in self._members():
                if key == "messages":
                    yield from self._chat_at_messages(head, is_single=False)
                    if self._is_restarted:
                        break
                elif key in _HEAD:
                    head[key] = self._scalar()
                else:
                    self._skip()

    def _chat_at_messages(
        self, head: dict[str, object], *, is_single: bool
    ) -> Iterator[ExportedChat]:
        """Yield a chat, and move to the end of its messages."""
        start = self._offset()
        if not {"type", "id"} <= head.keys():
            # Other programs write the fields in another order.
            self._skip_messages()
            for key in self._rest_of_members():
                if key in _HEAD:
                    head[key] = self._scalar()
                else:
                    self._skip()
            self._rewind(start)
        number, kind, name = head.get("id"), head.get("type"), head.get("name")
        if not isinstance(kind, str) or type(number) is not int:
            self._skip_messages()
            return
        is_begun = False

        def begin() -> Iterator[ExportedPart]:
            nonlocal is_begun
            if is_begun:
                return
            is_begun = True
            yield from self._messages()

        def peek() -> Generator[ExportedPart]:
            try:
                yield from self._messages()
            finally:
                self.fault, self._is_ended = "", False
                self._is_restarted = False
                self._rewind(start)

        self.chats_seen += 1
        yield ExportedChat(
            name=name if isinstance(name, str) else "",
            kind=kind,
            number=number,
            is_single=is_single,
            _begin=begin,
            _peek=peek,
        )
        if not is_begun:
            self._skip_messages()
        if self._is_ended:
            raise _DamageError(self.fault)

    def _members(self) -> Iterator[str]:
        """Yield the names of an object's members; each value is to be read before the next."""
        self._take(b"{")
        yield from self._rest_of_members()

    def _rest_of_members(self) -> Iterator[str]:
        while True:
            if self._peek_byte() == b"}":
                self._take(b"}")
                return
            yield self._key()

    # Messages

    def _skip_messages(self) -> None:
        for _ in self._messages(is_skipping=True):
            pass
        if self._is_ended:
            raise _DamageError(self.fault)

    def _messages(self, *, is_skipping: bool = False) -> Iterator[ExportedPart]:
        """Yield the messages of the array at the position; without content if they are skipped.

        If there is no end of it, `fault` says why.
        """
        try:
            self._take(b"[")
            while not self._is_restarted:
                start, closing = self._next_element()
                if start < 0:
                    return
                if not is_skipping and closing and (part := self._take_lines(start, closing)):
                    yield part
                    continue
                found = _OBJECT.match(self._buffer, start)
                if found is None and self._can_grow():
                    continue
                if found is None:
                    yield from self._take_damage(start)
                    continue
                if is_skipping:
                    self._position = found.end()
                    yield _SKIPPED
                else:
                    yield from self._take_object(found[0], start)
        except _DamageError as damage:
            self.fault, self._is_ended = str(damage), True

    def _next_element(self) -> tuple[int, bytes]:
        """Return where the next message begins, and how its last line does; -1 at the end."""
        while True:
            between = _BETWEEN.match(self._buffer, self._position)
            start = between.end() if between else self._position
            if start < len(self._buffer):
                break
            self._grow()
        if self._buffer[start] == ord("]"):
            self._position = start + 1
            return -1, b""
        space = self._buffer[self._position : start]
        line = space.rfind(b"\n")
        return start, space[line:] + b"}" if line >= 0 else b""

    def _take_lines(self, start: int, closing: bytes) -> ExportedPart | None:
        """Return the message that ends with the first line that begins with `closing`.

        It is what Telegram Desktop writes, and is found quickly. None if it is not a JSON object.
        """
        end = self._buffer.find(closing, start, start + MAX_MESSAGE_BYTES)
        if end < 0:
            return None
        end += len(closing)
        content = compact(self._buffer[start:end])
        if content is None:
            return None
        self._position = end
        return ExportedPart(content, is_readable=True, offset=self._base + start)

    def _take_object(self, text: bytes, start: int) -> Iterator[ExportedPart]:
        """Yield a message with balanced brackets; of one with odd quotes, only what is its own."""
        content = compact(text)
        if content is None and _RESTART.search(text, 1):
            yield from self._take_damage(start)
            return
        self._position = start + len(text)
        yield ExportedPart(content or repair(text), content is not None, self._base + start)

    def _take_damage(self, start: int) -> Iterator[ExportedPart]:
        """Yield what is there instead of a message, and move to the next message or chat.

        Raises _DamageError if there is none, and the file does not end as a complete one does.
        """
        offset = self._base + start
        kept = self._buffer[start : start + MAX_MESSAGE_BYTES]
        found = _RESTART.search(self._buffer, start + 1)
        if found:
            kept = kept[: found.start() - start]
        self._position = start + 1
        while found is None:
            # The next start may be cut by the end of the buffer.
            self._position = max(len(self._buffer) - _LONGEST_START, self._position)
            if not self._fill():
                break
            found = _RESTART.search(self._buffer, self._position)
        if found:
            self._position = found.start()
            self._is_restarted = found["chat"] is not None
        else:
            if _CLOSING.search(self._buffer) is None:
                raise _DamageError(f"it ends in the middle of the message at byte {offset:,}")
            kept = _CLOSING.sub(b"", kept)
        yield ExportedPart(repair(kept), is_readable=False, offset=offset)
        if found is None:
            raise _DamageError("")

    # Tokens

    def _peek_byte(self) -> bytes:
        """Return the next byte that is not a space; raises _DamageError at the end."""
        self._position = self._skip_pattern(_SPACE)
        return self._buffer[self._position : self._position + 1]

    def _skip_pattern(self, pattern: re.Pattern[bytes]) -> int:
        while True:
            found = pattern.match(self._buffer, self._position)
            end = found.end() if found else self._position
            if end < len(self._buffer):
                return end
            self._position = end
            self._grow()

    def _take(self, byte: bytes) -> None:
        if self._peek_byte() != byte:
            raise self._unexpected()
        self._position += 1

    def _key(self) -> str:
        found = self._match(_KEY)
        self._position = found.end()
        return str(_value(found[1]))

    def _scalar(self) -> object:
        """Return a string, number or constant; None for anything else, which is skipped."""
        if self._peek_byte() in _OPENING:
            self._skip()
            return None
        found = self._match(_SCALAR)
        self._position = found.end()
        return _value(found[0])

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        while (found := pattern.match(self._buffer, self._position)) is None:
            if not self._can_grow():
                raise self._unexpected()
        return found

    def _skip(self) -> None:
        """Move to the end of a value of any size."""
        if self._peek_byte() not in _OPENING:
            self._scalar()
            return
        depth = 0
        while True:
            for found in _TOKENS.finditer(self._buffer, self._position):
                token = self._buffer[found.start()]
                if token in b"[{":
                    depth += 1
                elif token in b"]}":
                    depth -= 1
                elif found[0] == b'"':  # a string whose end is not in the buffer
                    self._position = found.start()
                    break
                self._position = found.end()
                if not depth:
                    return
            else:
                self._position = len(self._buffer)
            if not self._can_grow():
                raise self._unexpected()

    def _unexpected(self) -> "_DamageError":
        if self._is_all_read and not self._buffer[self._position :].strip():
            return _DamageError(f"it ends early, after {self._offset():,} bytes")
        return _DamageError(f"it can't be read from byte {self._offset():,} on")

    # The buffer

    def _offset(self) -> int:
        return self._base + self._position

    def _can_grow(self) -> bool:
        """Read more of the file; return False if there is none, or the buffer has enough."""
        if len(self._buffer) - self._position >= MAX_MESSAGE_BYTES:
            return False
        return self._fill()

    def _grow(self) -> None:
        """Read more of the file; raises _DamageError at its end."""
        if not self._fill():
            raise _DamageError(f"it ends early, after {self._offset():,} bytes")

    def _fill(self) -> bool:
        try:
            chunk = self._source.read(self._chunk_bytes)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            chunk = b""
        if not chunk:
            self._is_all_read = True
            return False
        self._buffer = self._buffer[self._position :] + chunk
        self._base += self._position
        self._position = 0
        return True

    def _rewind(self, offset: int) -> None:
        """Continue at an earlier place of the file."""
        if self._base <= offset:
            self._position = offset - self._base
            return
        self._source.seek(offset)
        self._buffer, self._position, self._base = b"", 0, offset
        self._is_all_read = False
        self._fill()


class _DamageError(Exception):
    """The rest of a file can't be read; the message continues a sentence.

    It is empty if there is no rest, after a damaged message at the end of a complete file.
    """


_HEAD: Final = frozenset({"name", "type", "id"})
_OPENING: Final = (b"{", b"[")
_LONGEST_START: Final = 64 * 1024
"""More bytes than the beginning of a chat, with its name, or of a message."""

_NOT_AN_EXPORT: Final = (
    "is no chat export of Telegram Desktop: that is a result.json with chats and messages."
)

_SKIPPED: Final = ExportedPart(b"", is_readable=False, offset=0)


def repair(text: bytes) -> bytes:
    r"""Return a text in which `\x01`, which JSON has not, is `\u0001`."""
    if b"\\x" not in text:
        return text
    return _ESCAPES.sub(lambda found: b"\\u00" + found[1] if found[1] else found[0], text)


def compact(text: bytes) -> bytes | None:
    """Return a message, repaired, without the spaces between its tokens; None if it is not JSON.

    A message is the same bytes in an export of one chat and in one of all, whose lines are indented
    differently.
    """
    text = repair(text)
    if not _is_utf_8(text):
        return None
    try:
        return msgspec.json.format(text, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        # Lone surrogates are escapes that this parser accepts.
        json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    return _TOKEN_OR_SPACE.sub(lambda found: found[1] or b"", text)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _value(token: bytes) -> object:
    try:
        return json.loads(repair(token).decode("utf-8", "replace"))
    except ValueError:
        return None
