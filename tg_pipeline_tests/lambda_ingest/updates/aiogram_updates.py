"""Updates with every field of aiogram's models of the Bot API."""

from collections.abc import Iterator
from datetime import datetime
from inspect import isclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

if TYPE_CHECKING:
    from aiogram.types import Update

DEPTH: Final = 3
"""Levels at which the largest examples have their optional fields too."""

SCALARS: Final[dict[Any, Any]] = {int: 2**51 + 1, float: 0.5, bool: True, str: "olá 😀\n"}
"""The integer is as large as Telegram's ids may be."""


class Examples:
    """Builds contents in which all times of one name are the same."""

    def __init__(self, moments: dict[str, int], other_moment: int) -> None:
        self._moments = moments
        self._other_moment = other_moment

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        (model,) = (each for each in _members(_update().model_fields[kind].annotation) if each)
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
        """Build a value for each type that a field may have, the simplest first."""
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
    update = _update().model_validate({"update_id": update_id, kind: content})
    return update.model_dump_json(by_alias=True, exclude_unset=True).encode()


def _update() -> "type[Update]":
    # Its import takes 5 seconds, which every process of every tier would wait for.
    from aiogram.types import Update  # noqa: PLC0415

    return Update


def _members(annotation: Any) -> list[Any]:
    """Return the members of a union; of any other type, the type itself."""
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
    """Return whether Telegram always sends a field; a variant's name is a default in aiogram."""
    return field.is_required() or get_origin(field.annotation) is Literal
