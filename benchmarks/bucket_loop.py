"""The loop that a user would else write over a bucket: download a file, read it, table it."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from flat_row import flat_row, mended

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES


def table_an_object(bucket: str, prefix: str, share: int, target: Path) -> int:
    """Write the first `share` objects under a prefix to Parquet, a table each; give the rows."""
    schema = ENRICHED_UPDATES.schema
    tables = [pa.Table.from_pylist([row], schema) for row in _rows(bucket, prefix, share)]
    pq.write_table(pa.concat_tables(tables), target)
    return len(tables)


def _rows(bucket: str, prefix: str, share: int) -> Iterator[dict[str, Any]]:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    objects = (found for page in pages for found in page["Contents"])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "update.json"
        for found in islice(objects, share):
            s3.download_file(bucket, found["Key"], str(path))
            yield _row(found, path.read_bytes())


def _row(found: dict[str, Any], body: bytes) -> dict[str, Any]:
    update = json.loads(body)
    if b"\\ud" in body:  # a pair of surrogates, or the half of one, which UTF-8 does not have
        update = mended(update)
    row = flat_row(update)
    row["bot_id"] = int(found["Key"].rpartition("/")[2].split("-")[0])
    row["received_at"] = found["LastModified"]
    return row
