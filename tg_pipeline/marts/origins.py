"""The source columns of each column of a mart, as `make docs` has stored them.

To derive them from the SQL takes a second of CPU time, which every run of the marts would pay for.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import HASH_CHARACTERS, Mart

FILE: Final = Path(__file__).with_name("origins.json")

Origin = tuple[str, str]
"""The names of a table and of one of its columns."""

Origins = Mapping[str, list[Origin]]
"""By column; one that counts rows has none."""


class StoredOrigins(msgspec.Struct):
    """The origins of a mart's columns."""

    of: str
    """The fingerprint of what they are derived from."""

    columns: dict[str, list[Origin]]


@cache
def origins_of(mart: Mart) -> Origins:
    """Return the source columns of each column of a mart; derive them if the file has others."""
    stored = _read_file().get(mart.name)
    return stored.columns if stored and stored.of == _fingerprint(mart) else _derive(mart)


def origins_file(marts: Iterable[Mart]) -> str:
    """Return the contents of the file, a line per mart, derived from the SQL of the marts."""
    lines = [
        f'"{mart.name}": {_encode(StoredOrigins(_fingerprint(mart), dict(_derive(mart))))}'
        for mart in marts
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _encode(stored: StoredOrigins) -> str:
    return msgspec.json.encode(stored).decode()


def _derive(mart: Mart) -> Origins:
    # The import takes 0.1 s.
    from tg_pipeline.marts.lineage import column_origins  # noqa: PLC0415

    return column_origins(mart)


@cache
def _read_file() -> dict[str, StoredOrigins]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, StoredOrigins])


def _fingerprint(mart: Mart) -> str:
    text = "\n".join(_definition(mart))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]


def _definition(table: Table) -> Iterator[str]:
    """Yield the columns of a table, and the query and sources of a mart."""
    yield f"{table.name} {table.schema.names}"
    if isinstance(table, Mart):
        yield table.sql
        for source in table.sources:
            yield from _definition(source)
