"""The loop that a user would else write: each line read with json, made flat, and tabled."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from flat_row import flat_row, mended

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES


def table_a_row(landed: Path, share: int, target: Path) -> int:
    """Write the first `share` landed lines to Parquet, by way of a table each; give the rows."""
    schema = ENRICHED_UPDATES.schema
    rows = _rows(landed, share)
    table = pa.concat_tables([pa.Table.from_pylist([row], schema) for row in rows])
    pq.write_table(table, target)
    rows_written: int = table.num_rows
    return rows_written


def table_of_all(landed: Path, share: int, target: Path) -> int:
    """Do the same by way of one table of all rows: kinder to the loop, but bound to its memory."""
    table = pa.Table.from_pylist(list(_rows(landed, share)), ENRICHED_UPDATES.schema)
    pq.write_table(table, target)
    rows_written: int = table.num_rows
    return rows_written


def _rows(landed: Path, share: int) -> Iterator[dict[str, Any]]:
    for path, line in islice(_lines(landed), share):
        update = json.loads(line)
        if b"\\ud" in line:  # a pair of surrogates, or the half of one, which UTF-8 does not have
            update = mended(update)
        row = flat_row(update)
        row["bot_id"] = int(path.name.split("-")[0])
        row["received_at"] = path.stat().st_mtime_ns // 1000
        yield row


def _lines(landed: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(landed.iterdir()):
        with gzip.open(path) as lines:
            for line in lines:
                yield path, line
