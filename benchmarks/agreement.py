"""Whether the loop and the product say the same of the same updates."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from days import DAY, Place

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES

UNCOMPARED: Final = "received_at"
"""Of an update that landed twice, the loop keeps the last in the order of the lines."""


class DisagreementError(Exception):
    """The two differ; the message says where and how."""


def compare(place: Place, looped: Path) -> int:
    """Give how many updates are the same in all columns; raises DisagreementError."""
    plain = _by_id(pq.read_table(looped))
    with Lake(place.lake_uri).open(ENRICHED_UPDATES.name, DAY) as partition:
        wanted = plain["update_id"].combine_chunks()
        parts = [
            batch.filter(pc.is_in(batch["update_id"], value_set=wanted))
            for batch in partition.batches()
        ]
    made = _by_id(pa.Table.from_batches(parts, ENRICHED_UPDATES.schema))
    if not plain.num_rows or made.num_rows != plain.num_rows:
        raise DisagreementError(f"{plain.num_rows} updates of the loop, {made.num_rows} built")
    for name in plain.column_names:
        if name != UNCOMPARED and plain[name] != made[name]:
            raise DisagreementError(_first_difference(name, plain, made))
    return int(plain.num_rows)


def _by_id(table: pa.Table) -> pa.Table:
    last = {update_id: row for row, update_id in enumerate(table["update_id"].to_pylist())}
    return table.take(pa.array([last[update_id] for update_id in sorted(last)], pa.int64()))


def _first_difference(name: str, plain: pa.Table, made: pa.Table) -> str:
    pairs = zip(
        plain["update_id"].to_pylist(), plain[name].to_pylist(), made[name].to_pylist(), strict=True
    )
    update_id, looped, built = next(pair for pair in pairs if pair[1] != pair[2])
    return f"{name} of update {update_id}: the loop says {looped!r}, the product {built!r}"
