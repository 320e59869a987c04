"""Landed updates to flat columns with a library of data frames or of SQL, and nothing else.

Both read the whole day at once, find out its schema, and fill twenty columns of messages. What they
do not do: keep the bodies, drop duplicates, set aside what can't be read, fill the other sixty
columns, wait for the disk.
"""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
from duckdb.sqltypes import DuckDBPyType

MESSAGES: Final = (
    *("message", "edited_message", "channel_post", "edited_channel_post"),
    *("business_message", "edited_business_message", "guest_message"),
)

COLUMNS: Final = {
    "message_id": ("message_id",),
    "message_thread_id": ("message_thread_id",),
    "date": ("date",),
    "edit_date": ("edit_date",),
    "chat_id": ("chat", "id"),
    "chat_type": ("chat", "type"),
    "chat_title": ("chat", "title"),
    "chat_username": ("chat", "username"),
    "user_id": ("from", "id"),
    "user_is_bot": ("from", "is_bot"),
    "user_first_name": ("from", "first_name"),
    "user_username": ("from", "username"),
    "user_language_code": ("from", "language_code"),
    "sender_chat_id": ("sender_chat", "id"),
    "text": ("text",),
    "caption": ("caption",),
    "media_group_id": ("media_group_id",),
    "via_bot_id": ("via_bot", "id"),
    "reply_to_message_id": ("reply_to_message", "message_id"),
}
"""Columns, and the path of each in a message."""


def with_polars(landed: Path, target: Path) -> int:
    """Write the flat columns with polars; return the rows."""
    lines = b"".join(gzip.decompress(path.read_bytes()) for path in _objects(landed))
    updates = pl.read_ndjson(lines, infer_schema_length=None)
    found = []
    for name, path in COLUMNS.items():
        sources = [
            _field(kind, path)
            for kind in MESSAGES
            if kind in updates.columns and _has_path(updates.schema[kind], path)
        ]
        found.append((pl.coalesce(sources) if sources else pl.lit(None)).alias(name))
    updates.select("update_id", *found).write_parquet(target)
    return int(updates.height)


def with_duckdb(landed: Path, target: Path) -> int:
    """Write the flat columns with DuckDB; return the rows."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        updates = connection.read_json(
            str(landed / "*.ndjson.gz"),
            format="newline_delimited",
            sample_size=-1,
            # Updates of many kinds would become maps.
            map_inference_threshold=-1,
        )
        types = dict(zip(updates.columns, updates.types, strict=True))
        found = []
        for name, path in COLUMNS.items():
            sources = [
                ".".join(f'"{part}"' for part in (kind, *path))
                for kind in MESSAGES
                if kind in types and _has_field(types[kind], path)
            ]
            found.append(f"coalesce({', '.join(sources) or 'NULL'}) AS {name}")
        updates.project(", ".join(["update_id", *found])).write_parquet(str(target))
        ((rows,),) = connection.read_parquet(str(target)).count("*").fetchall()
    return int(rows)


def _objects(landed: Path) -> Iterable[Path]:
    return sorted(landed.iterdir())


def _field(kind: str, path: tuple[str, ...]) -> pl.Expr:
    found = pl.col(kind)
    for name in path:
        found = found.struct.field(name)
    return found


def _has_path(kind: pl.DataType, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    fields = {each.name: each.dtype for each in kind.fields} if isinstance(kind, pl.Struct) else {}
    return path[0] in fields and _has_path(fields[path[0]], path[1:])


def _has_field(kind: object, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    if not isinstance(kind, DuckDBPyType) or kind.id != "struct":
        return False
    fields = dict(kind.children)
    return path[0] in fields and _has_field(fields[path[0]], path[1:])
