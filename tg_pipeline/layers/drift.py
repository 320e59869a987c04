"""Drift: update types and fields that the Bot API added since, which no column reads.

Only the names of update types, and of the first level of their contents, are compared: a new field
deeper in an object is not found.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lambda_ingest.update_fields import ValueKind
from tg_pipeline.telegram.decoding import content_fields, parsed_content
from tg_pipeline.telegram.fields import documented_fields

MAX_PLACES: Final = 100
"""Names kept per day; the limit bounds the memory that invented names can take."""

OTHERS: Final = "…"
"""The place of all further names."""

MAX_EXAMPLE: Final = 300
"""Characters of an example."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""A name as the Bot API forms them; other keys may be data, such as ids."""


@dataclass(frozen=True, slots=True)
class Drift:
    """An update type, or a field of a content, that no column reads."""

    place: str
    """The update type, or `type.field`."""
    updates: int
    example: str
    """Its value in one update as JSON: structure and names kept, texts and numbers masked."""


class DriftCounter:
    """Counts the places of a day, and keeps an example of each."""

    def __init__(self) -> None:
        """Start without any."""
        self._updates: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def count(self, payload: bytes, update_type: str) -> None:
        """Count what is not documented in an update: its type, or fields of its content."""
        documented = documented_fields(update_type)
        if documented is None:
            self._add(_masked_name(update_type), payload, update_type, None)
            return
        for name, kind in content_fields(payload, update_type).items():
            if name not in documented and kind < ValueKind.EMPTY_OBJECT:
                self._add(f"{update_type}.{_masked_name(name)}", payload, update_type, name)

    def _add(self, place: str, payload: bytes, update_type: str, field: str | None) -> None:
        if place not in self._examples:
            if len(self._examples) >= MAX_PLACES:
                place = OTHERS
            content = parsed_content(payload, update_type)
            value = content if field is None else content.get(field)
            self._examples.setdefault(
                place, json.dumps(_masked(value), ensure_ascii=False)[:MAX_EXAMPLE]
            )
        self._updates[place] += 1

    def add(self, drifts: Iterable[Drift]) -> None:
        """Add what another counter `in_order` found in later updates."""
        for drift in drifts:
            is_full = drift.place not in self._examples and len(self._examples) >= MAX_PLACES
            place = OTHERS if is_full else drift.place
            self._examples.setdefault(place, drift.example)
            self._updates[place] += drift.updates

    def in_order(self) -> tuple[Drift, ...]:
        """Return the places in the order in which they were found."""
        return tuple(
            Drift(place, self._updates[place], example) for place, example in self._examples.items()
        )

    def found(self) -> tuple[Drift, ...]:
        """Return the places, the most frequent first."""
        return tuple(sorted(self.in_order(), key=lambda each: (-each.updates, each.place)))


def describe_drift(drifts: Iterable[Drift]) -> str:
    """Return the places and their counts in one line."""
    return ", ".join(f"{drift.place} ({drift.updates:,})" for drift in drifts)


def _masked(value: Any) -> Any:
    """Return a value with its structure and names, but without texts and numbers."""
    if isinstance(value, dict):
        return {_masked_name(name): _masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value[:1]]
    if isinstance(value, str):
        return "…"
    return value if value is None or isinstance(value, bool) else 0


def _masked_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else "…"
