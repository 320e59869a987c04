"""Decode payload bytes: first the envelope (id and type), then the content, field by field.

A malformed update is confined to itself: `read_envelope` raises with a reason (for the quarantine),
and `read_content` never raises; it nulls the fields that it can't use, and counts them.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

import msgspec

from lambda_ingest.landing import MAX_NESTING, is_nested_too_deeply
from lambda_ingest.update_fields import UPDATE_FIELDS, ValueKind, choose_type, kind_of
from tg_pipeline.telegram.fields import documented_fields
from tg_pipeline.telegram.models import TelegramObject, content_struct

MAX_UPDATE_ID: Final = 2**63 - 1
"""Ids are stored as signed 64-bit integers."""

MAX_INT_DIGITS: Final = 19
"""Longer integers don't fit into int64, and Python refuses to parse thousands of digits."""

MAX_CACHED_DECODERS: Final = 256
"""The Bot API has 27 update types; the limit bounds the memory that invented types can take."""

_PLAIN_NAME: Final = re.compile(r'[^"\\\x00-\x1f]+')
"""What msgspec accepts as the name of a field."""

_EMPTY_LITERALS: Final = (b"null", b"false", b"0", b"-0", b'""')

_OBJECT_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UpdateId = Annotated[int, msgspec.Meta(ge=0, le=MAX_UPDATE_ID)]
_UPDATE_ID_DECODER: Final = msgspec.json.Decoder(_UpdateId)
_UPDATE_IDS_DECODER: Final = msgspec.json.Decoder(list[_UpdateId])

_NO_LEVELS: Final = bytes(set(range(256)) - set(b"{[\n"))
"""All bytes but those that open a level, and line feeds."""

_ESCAPES: Final = re.compile(
    rb"\\[^u]"
    rb"|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""Group 1 is a surrogate pair, group 2 a lone surrogate."""

_REPLACEMENT: Final = rb"\ufffd"
"""U+FFFD, Unicode's replacement character, as a JSON escape."""


class UnreadableError(ValueError):
    """The bytes are not an update; the message is the reason, stored in the quarantine."""


class Envelope(msgspec.Struct, gc=False, frozen=True):
    """An update's id and type."""

    update_id: int
    update_type: str | None


class Content(msgspec.Struct, gc=False, frozen=True):
    """An update's content, and the number of its fields that were unusable."""

    value: TelegramObject | None
    nulled: int
    is_unfamiliar: bool = False
    """Whether its type is unknown, or it may have fields that the Bot API did not document."""


def read_envelope(payload: bytes) -> Envelope:
    """Return the id and the type of an update; raises UnreadableError.

    The type, which may be unknown, is the name of the key besides `update_id`, chosen as ingestion
    chooses it. It is None if there is no other key.
    """
    if is_nested_too_deeply(payload):
        raise UnreadableError(f"nested deeper than {MAX_NESTING} levels")
    if not payload.isascii():
        _check_utf_8(payload)
    try:
        contents = _OBJECT_DECODER.decode(payload)
    except msgspec.DecodeError as error:
        contents = _decode_without_surrogates(payload, error)
    update_id = _read_id(contents.pop("update_id", None))
    return Envelope(update_id, _type_of(contents))


class Envelopes(NamedTuple):
    """The ids and the types of several updates."""

    update_ids: list[int]
    update_types: list[str | None]


def read_envelopes(payloads: Sequence[bytes]) -> Envelopes | None:
    """Return what `read_envelope` returns for each payload, at a third of its cost.

    None if one of them may be no update, or is not simply an object in one line: nothing is known
    about any of them then.
    """
    lines = b"\n".join(payloads)
    # The next line begins with an object, which neither an object nor an array may continue with:
    # no value reaches beyond its line, and a line with two of them makes one too many.
    if not lines.count(b"}\n{") == lines.count(b"\n") == len(payloads) - 1:
        return None
    levels = lines.translate(None, _NO_LEVELS).split(b"\n")
    if max(map(len, levels)) > MAX_NESTING:
        return None
    try:
        if not lines.isascii():
            lines.decode("utf-8")
        contents = _OBJECT_DECODER.decode_lines(lines)
        ids = b",".join([content.pop("update_id", b"") for content in contents])
        update_ids = _UPDATE_IDS_DECODER.decode(b"[%b]" % ids)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not len(contents) == len(update_ids) == len(payloads):
        return None
    return Envelopes(update_ids, list(map(_type_of, contents)))


def _type_of(contents: dict[str, msgspec.Raw]) -> str | None:
    """Return the type of an update from its keys besides `update_id`."""
    if len(contents) > 1:
        return choose_type(contents, map(_kind_of, contents.values()))
    return next(iter(contents), None)


def _kind_of(raw: msgspec.Raw) -> ValueKind:
    value = bytes(raw)
    if value[:1] == b"{":
        return ValueKind.OBJECT if value[1:-1].strip() else ValueKind.EMPTY_OBJECT
    is_empty = value in _EMPTY_LITERALS or (value[:1] == b"[" and not value[1:-1].strip())
    return ValueKind.EMPTY if is_empty else ValueKind.OTHER


def _check_utf_8(payload: bytes) -> None:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 at byte {error.start}") from None


def _decode_without_surrogates(
    payload: bytes, error: msgspec.DecodeError
) -> dict[str, msgspec.Raw]:
    if isinstance(error, msgspec.ValidationError):
        raise UnreadableError("JSON, but not an object")
    replaced = replace_surrogates(payload)
    if replaced == payload:
        raise UnreadableError(f"not JSON: {error}")
    try:
        return _OBJECT_DECODER.decode(replaced)
    except msgspec.DecodeError as remaining:
        raise UnreadableError(f"not JSON: {remaining}") from None


def replace_surrogates(payload: bytes) -> bytes:
    """Return the payload with each escaped lone surrogate replaced by U+FFFD.

    A text that was cut within an emoji contains one: it is legal JSON, but can't be encoded as
    UTF-8.
    """
    return _ESCAPES.sub(lambda found: _REPLACEMENT if found[2] else found[0], payload)


def _read_id(raw: msgspec.Raw | None) -> int:
    if raw is None:
        raise UnreadableError("no update_id")
    try:
        update_id: int = _UPDATE_ID_DECODER.decode(raw)
    except msgspec.DecodeError:
        raise UnreadableError("update_id is no whole number from 0 to 2^63-1") from None
    return update_id


def read_content(payload: bytes, update_type: str | None) -> Content:
    """Decode the content of a payload that `read_envelope` accepted.

    Fields of the wrong type or out of range are None and counted; nothing is raised. A field that
    is written out as null, false, [] or {} is absent, so it is not counted.
    """
    if update_type is None:
        return Content(None, 0)
    is_unfamiliar = update_type not in UPDATE_FIELDS
    for decoder in _decoders(update_type):
        try:
            return Content(decoder.decode(payload).content, 0, is_unfamiliar)
        except (msgspec.DecodeError, ValueError):
            is_unfamiliar = True
    return _salvage_content(payload, update_type)


def content_fields(payload: bytes, update_type: str) -> dict[str, ValueKind]:
    """Return the names and kinds of the content's fields, in their order; {} if it is no object."""
    try:
        fields = _OBJECT_DECODER.decode(_OBJECT_DECODER.decode(payload)[update_type])
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = parsed_content(payload, update_type)
        return {k: kind_of(v) for k, v in content.items()} if isinstance(content, dict) else {}
    return {name: _kind_of(raw) for name, raw in fields.items()}


def parsed_content(payload: bytes, update_type: str) -> Any:
    """Return the content of a payload that `read_envelope` accepted, as plain Python values."""
    return _lenient_object(payload).get(update_type)


class _Update(msgspec.Struct, gc=False):
    """An update; in JSON, the name of `content` is the update type."""

    content: TelegramObject | None = None


_Decoder = msgspec.json.Decoder[_Update]


@lru_cache(maxsize=MAX_CACHED_DECODERS)
def _decoders(update_type: str) -> list[_Decoder]:
    """Return a decoder that fails on unknown fields of the content, and one that skips them.

    The first costs little, since it finds new fields without building a list of all fields. An
    unknown type has only the second, and none if its name can't be a field of a struct.
    """
    struct, documented = content_struct(update_type), documented_fields(update_type)
    if documented is None:
        return [_decoder(update_type, struct)] if _PLAIN_NAME.fullmatch(update_type) else []
    read = {field.encode_name for field in msgspec.structs.fields(struct)}
    unread = [(name, msgspec.Raw, None) for name in sorted(documented - read)]
    familiar = msgspec.defstruct(
        struct.__name__, unread, bases=(struct,), kw_only=True, gc=False, forbid_unknown_fields=True
    )
    return [_decoder(update_type, familiar), _decoder(update_type, struct)]


def _decoder(update_type: str, content: type[msgspec.Struct]) -> _Decoder:
    struct = msgspec.defstruct(
        "Update", [("content", content | None, None)], gc=False, rename={"content": update_type}
    )
    return msgspec.json.Decoder(struct)


def _salvage_content(payload: bytes, update_type: str) -> Content:
    unusable: list[str] = []
    content = parsed_content(payload, update_type)
    value = _salvage(content, content_struct(update_type), unusable)
    return Content(value, len(unusable), is_unfamiliar=True)


def _lenient_object(payload: bytes) -> dict[str, Any]:
    """Parse what msgspec rejects: lone surrogates, and numbers of any length."""
    parsed: dict[str, Any] = json.loads(replace_surrogates(payload), parse_int=_bounded_int)
    return parsed


def _bounded_int(digits: str) -> int | float:
    return int(digits) if len(digits.lstrip("-")) <= MAX_INT_DIGITS else float("inf")


def _salvage(value: Any, kind: Any, unusable: list[str]) -> Any:
    """Convert what can be converted; the rest becomes None, with its type added to `unusable`."""
    try:
        return msgspec.convert(value, kind | None)
    except msgspec.ValidationError:
        pass
    members = _members(kind)
    if isinstance(value, dict) and (structs := list(filter(_is_struct, members))):
        present = [f for f in msgspec.structs.fields(structs[0]) if f.encode_name in value]
        return structs[0](
            **{f.name: _salvage_field(value[f.encode_name], f.type, unusable) for f in present}
        )
    if isinstance(value, list) and (
        lists := [each for each in members if get_origin(each) is list]
    ):
        (item,) = get_args(lists[0])
        unusable += [str(item) for element in value if element is None]
        return [kept for kept in (_salvage(v, item, unusable) for v in value) if kept is not None]
    unusable.append(str(kind))
    return None


def _salvage_field(value: Any, kind: Any, unusable: list[str]) -> Any:
    """Salvage the value of a field; one that is only written out is absent, and not counted."""
    is_empty = kind_of(value) in {ValueKind.EMPTY, ValueKind.EMPTY_OBJECT}
    return _salvage(value, kind, [] if is_empty else unusable)


def _members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union; of any other type, the type itself."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
