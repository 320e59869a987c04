"""The loops that a user would otherwise write: read each update with json, flatten it, table it.

`compare` checks that a loop and the product produce the same values.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.alternatives.flat_rows import flat_row, without_surrogates
from lib.days import DAY, Place
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES

NOT_COMPARED: Final = "received_at"
"""The loop keeps the last of an update's retries in the order of the lines."""

SCHEMA: Final = pa.schema(
    list(ENRICHED_UPDATES.schema)[: ENRICHED_UPDATES.schema.get_field_index("is_topic_message")]
)
"""The columns that the loops fill: those that come from one field of an update. The product fills
the others too: conversations, members, digests, definitions."""

RICH: Final = "rich_message"
"""The content whose text the loops do not read."""


class DisagreementError(Exception):
    """The two sides differ; the message says where and how."""


def table_per_row(landed: Path, limit: int, target: Path) -> int:
    """Write the first landed lines to Parquet, by one table per row; return the rows."""
    tables = [pa.Table.from_pylist([row], SCHEMA) for row in _lines_as_rows(landed, limit)]
    return _write(pa.concat_tables(tables), target)


def table_of_all_rows(landed: Path, limit: int | None, target: Path) -> int:
    """Write the first landed lines to Parquet, by one table: faster, but bound to the memory."""
    rows = list(_lines_as_rows(landed, limit))
    return _write(pa.Table.from_pylist(rows, SCHEMA), target)


def table_per_object(bucket: str, prefix: str, limit: int, target: Path) -> int:
    """Write the first objects of a bucket to Parquet, by one table each; return the rows."""
    rows = _objects_as_rows(bucket, prefix, limit)
    return _write(pa.concat_tables([pa.Table.from_pylist([row], SCHEMA) for row in rows]), target)


def compare(place: Place, written: Path) -> int:
    """Return the number of updates with the same values in SCHEMA; raise DisagreementError.

    Rich messages are left out.
    """
    looped = _by_id(pq.read_table(written))
    looped = looped.filter(
        pc.fill_null(pc.not_equal(looped["content_type"], RICH), fill_value=True)
    )
    with Lake(place.lake_uri).open(ENRICHED_UPDATES.name, DAY) as partition:
        wanted = looped["update_id"].combine_chunks()
        parts = [
            batch.filter(pc.is_in(batch["update_id"], value_set=wanted))
            for batch in partition.batches()
        ]
    built = _by_id(pa.Table.from_batches(parts, ENRICHED_UPDATES.schema))
    if not looped.num_rows or built.num_rows != looped.num_rows:
        raise DisagreementError(f"{looped.num_rows} updates in the loop, {built.num_rows} built")
    for name in looped.column_names:
        if name != NOT_COMPARED and looped[name] != built[name]:
            raise DisagreementError(_first_difference(name, looped, built))
    return int(looped.num_rows)


def count_updates(place: Place, written: Path) -> int:
    """Return the number of updates, which must be the product's; raise DisagreementError."""
    found = pc.count_distinct(pq.read_table(written, columns=["update_id"])["update_id"]).as_py()
    with Lake(place.lake_uri).open(ENRICHED_UPDATES.name, DAY) as partition:
        if found != partition.rows:
            raise DisagreementError(f"{found} updates, {partition.rows} built")
    return int(found)


def _lines_as_rows(landed: Path, limit: int | None) -> Iterator[dict[str, Any]]:
    for path, line in islice(_lines(landed), limit):
        yield _row(line, path.name, path.stat().st_mtime_ns // 1000)


def _lines(landed: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(landed.iterdir()):
        with gzip.open(path) as lines:
            for line in lines:
                yield path, line


def _objects_as_rows(bucket: str, prefix: str, limit: int) -> Iterator[dict[str, Any]]:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    objects = (found for page in pages for found in page["Contents"])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "update.json"
        for found in islice(objects, limit):
            s3.download_file(bucket, found["Key"], str(path))
            name = found["Key"].rpartition("/")[2]
            yield _row(path.read_bytes(), name, found["LastModified"])


def _row(body: bytes, name: str, received_at: datetime | int) -> dict[str, Any]:
    update = json.loads(body)
    if b"\\ud" in body:  # a surrogate pair, or half of one, which UTF-8 can't encode
        update = without_surrogates(update)
    row = flat_row(update)
    row["bot_id"] = int(name.partition("-")[0])
    row["received_at"] = received_at
    return row


def _write(table: pa.Table, target: Path) -> int:
    pq.write_table(table, target)
    return int(table.num_rows)


def _by_id(table: pa.Table) -> pa.Table:
    last = {update_id: row for row, update_id in enumerate(table["update_id"].to_pylist())}
    return table.take(pa.array([last[update_id] for update_id in sorted(last)], pa.int64()))


def _first_difference(name: str, looped: pa.Table, built: pa.Table) -> str:
    columns = (looped["update_id"], looped[name], built[name])
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    update_id, one, other = next(row for row in rows if row[1] != row[2])
    return f"{name} of update {update_id}: the loop has {one!r}, the product {other!r}"
