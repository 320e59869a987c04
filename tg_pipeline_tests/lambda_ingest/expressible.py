"""Every update that aiogram's models of the Bot API can express, field by field.

For each update type: one with the required fields alone, one for each field and for each thing
that may stand there, and one with all fields at once, some levels deep.
"""

from collections.abc import Iterator
from datetime import datetime
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from aiogram.types import Update
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

DEPTH: Final = 3
"""Levels at which the fullest examples have their optional fields too."""

SCALARS: Final[dict[Any, Any]] = {int: 2**51 + 1, float: 0.5, bool: True, str: "olá 😀\n"}
"""What stands for any whole number is as large as Telegram's ids may be."""


class Examples:
    """Makes contents in which every moment of a name is the same."""

    def __init__(self, moments: dict[str, int], other_moment: int) -> None:
        self._moments = moments
        self._other_moment = other_moment

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        """Give contents of an update type."""
        (model,) = (each for each in _members(Update.model_fields[kind].annotation) if each)
        least = self._filled(model, 0)
        yield least
        for name, field in model.model_fields.items():
            for value in self._alternatives(name, field.annotation, 1):
                yield least | {field.alias or name: value}
        yield self._filled(model, DEPTH)

    def _filled(self, model: type[BaseModel], depth: int) -> dict[str, Any]:
        fields = model.model_fields.items() if depth else _required(model)
        return {
            field.alias or name: next(self._alternatives(name, field.annotation, depth))
            for name, field in fields
        }

    def _alternatives(self, name: str, annotation: Any, depth: int) -> Iterator[Any]:
        """Give a value for each thing that may stand in a field, the plainest first."""
        for member in sorted(_members(annotation), key=_is_model):
            if get_origin(member) is list:
                (inner,) = get_args(member)
                yield from ([value] for value in self._alternatives(name, inner, depth))
            elif get_origin(member) is Literal:
                yield from (getattr(each, "value", each) for each in get_args(member))
            elif member is datetime or (member is int and name in self._moments):
                yield self._moments.get(name, self._other_moment)
            elif _is_model(member):
                yield self._filled(member, max(depth - 1, 0))
            elif member in SCALARS:
                yield SCALARS[member]


def as_telegram_sends(update_id: int, kind: str, content: dict[str, Any]) -> bytes:
    """Have aiogram check an update, and write it."""
    update = Update.model_validate({"update_id": update_id, kind: content})
    return update.model_dump_json(by_alias=True, exclude_unset=True).encode()


def _members(annotation: Any) -> list[Any]:
    """Give what a union is of; anything else is a union of itself."""
    if isinstance(annotation, TypeAliasType):
        return _members(annotation.__value__)
    if get_origin(annotation) in {Union, UnionType}:
        return [member for each in get_args(annotation) for member in _members(each)]
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    return [] if annotation is NoneType else [annotation]


def _is_model(annotation: Any) -> bool:
    return isclass(annotation) and issubclass(annotation, BaseModel)


def _required(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [each for each in model.model_fields.items() if _is_needed(each[1])]


def _is_needed(field: FieldInfo) -> bool:
    """Tell what Telegram always sends; also the name of a variant, which aiogram fills in."""
    return field.is_required() or get_origin(field.annotation) is Literal
