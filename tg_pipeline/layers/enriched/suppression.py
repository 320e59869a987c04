"""Rows without forgotten people: of landed lines, and of tables that can't be built again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.privacy.personal_strings import Forgotten, blank_people
from tg_pipeline.layers.batches import gc_paused
from tg_pipeline.layers.enriched.pseudonyms import OWNER
from tg_pipeline.layers.schema import Column, Role

Suppress = Callable[[bytes], bytes | None]
"""Returns a landed line without forgotten people, the same bytes object if there are none in it,
and None if the whole line is a forgotten person's."""

ERASED_ID: Final = 0
"""The id of the user that redaction puts in the place of a forgotten person."""


@dataclass(frozen=True, slots=True)
class SuppressedRows:
    """Rows without forgotten people, and the objects of the lines that were changed."""

    rows: pa.RecordBatch
    suppressed: list[str]
    """The `object_key` of each row that was left out: it is a forgotten person's own."""
    redacted: list[str]
    """The `object_key` of each row from which a forgotten person was removed."""


def suppress_rows(rows: pa.RecordBatch, content: str, suppress: Suppress) -> SuppressedRows:
    """Return rows whose column `content` has landed lines, without forgotten people.

    The other columns of a row stay, so rows that are filtered later are the same as rows that were
    filtered when they were read.
    """
    before = rows[content].to_pylist()
    with gc_paused():
        after = list(map(suppress, before))
    changed = [number for number, line in enumerate(after) if line is not before[number]]
    if not changed:
        return SuppressedRows(rows, [], [])
    keys = rows["object_key"].to_pylist()
    column = rows.schema.get_field_index(content)
    kept = pa.array([line is not None for line in after], pa.bool_())
    filtered = rows.set_column(column, rows.schema.field(content), pa.array(after, pa.binary()))
    return SuppressedRows(
        filtered.filter(kept),
        [keys[number] for number in changed if after[number] is None],
        [keys[number] for number in changed if after[number] is not None],
    )


OWN: Final = ("user_id", "person_id", "chat_id")
"""Columns that make a row a person's own, if they hold the person's id: a private chat has it too.
"""


def erase_people(
    rows: pa.RecordBatch, columns: Mapping[str, Column], forgotten: Forgotten
) -> pa.RecordBatch:
    """Return rows of a table without forgotten people, the same batch if there are none in it.

    This is for tables that can't be built again: what people wrote is in them no more as a message
    with entities, so of words, only usernames, links and ids are found.
    """
    is_own = [_is_forgotten(rows[name], forgotten) for name in OWN if name in rows.schema.names]
    own = reduce(pc.or_, is_own, pa.repeat(pa.scalar(value=False), rows.num_rows))
    kept = rows.filter(pc.invert(own)) if pc.any(own).as_py() else rows
    erased = kept
    for position, field in enumerate(kept.schema):
        role = columns[field.name].role if field.name in columns else None
        values = _erase(kept[position], role or Role.PLAIN, forgotten)
        owner = OWNER.get(field.name)
        if owner and owner in kept.schema.names:
            is_theirs = _is_forgotten(kept[owner], forgotten)
            values = pc.if_else(is_theirs, pa.scalar(None, field.type), values)
        if not values.equals(kept[position]):
            erased = erased.set_column(position, field, values)
    return erased


def _is_forgotten(ids: pa.Array, forgotten: Forgotten) -> pa.Array:
    found = [each for each in ids.unique().to_pylist() if each and forgotten.forgets_user(each)]
    return pc.is_in(ids, value_set=pa.array(found, ids.type))


def _erase(values: pa.Array, role: Role, forgotten: Forgotten) -> pa.Array:
    """Return a column's values without forgotten people; those that are people become null."""
    if not role:
        return values
    if pa.types.is_list(values.type):
        return pa.array(
            [each and _erased_items(each, role, forgotten) for each in values.to_pylist()],
            values.type,
        )
    old = values.unique().to_pylist()
    new = {value: _erased(value, role, forgotten) for value in old if value is not None}
    if all(value == erased for value, erased in new.items()):
        return values
    return pa.array([new.get(value) for value in values.to_pylist()], values.type)


def _erased_items(items: list[Any], role: Role, forgotten: Forgotten) -> list[Any]:
    erased = (_erased(item, role, forgotten) for item in items)
    return [item for item in erased if item is not None]


def _erased(value: Any, role: Role, forgotten: Forgotten) -> Any:
    """Return a value, the words of a text without a forgotten person, or None for a person."""
    if isinstance(value, int):
        return None if Role.ACCOUNT in role and forgotten.forgets_user(value) else value
    if forgotten.forgets_username(value) or forgotten.forgets_name(value):
        return None
    return blank_people(value, forgotten) if Role.WRITTEN in role else value


def without_erased_ids(rows: pa.RecordBatch, accounts: Iterable[str]) -> pa.RecordBatch:
    """Return rows of a table without the id that redaction leaves of a forgotten person.

    It is null then, as for updates that name nobody, so that no mart counts it as a person.
    `accounts` are the columns with ids of accounts.
    """
    for name in accounts:
        ids = rows[name]
        if ids.null_count == len(ids):
            continue
        position, field = rows.schema.get_field_index(name), rows.schema.field(name)
        if pa.types.is_list(field.type):
            if _has_erased(ids.flatten()):
                lists = [each and [n for n in each if n != ERASED_ID] for each in ids.to_pylist()]
                rows = rows.set_column(position, field, pa.array(lists, field.type))
        elif _has_erased(ids):
            known = pc.if_else(pc.equal(ids, ERASED_ID), pa.scalar(None, field.type), ids)
            rows = rows.set_column(position, field, known)
    return rows


def _has_erased(ids: pa.Array) -> bool:
    return bool(pc.any(pc.equal(ids, ERASED_ID)).as_py())
