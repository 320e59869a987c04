"""The rows of many days of a mart, which come in one stream, told apart by day."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.marts.engine import DAY

Rows = Iterator[pa.RecordBatch]


def rows_by_day(rows: Rows, days: Iterable[date | None]) -> Iterator[tuple[date | None, Rows]]:
    """Give each day with its rows, in turn; the days, and the rows by theirs, must be ascending.

    Of a table that has no days, all rows are those of None. A day may have no rows.
    """
    found = groupby(_cut(rows), itemgetter(0))
    found_day, cuts = next(found, (None, iter(())))
    for day in days:
        if day != found_day:
            yield day, iter(())
            continue
        yield day, (batch for _, batch in cuts)
        found_day, cuts = next(found, (None, iter(())))


def _cut(rows: Rows) -> Iterator[tuple[date | None, pa.RecordBatch]]:
    """Give rows of one day each, without the column that tells the day."""
    for batch in rows:
        if DAY.name not in batch.schema.names:
            yield None, batch
            continue
        runs = pc.run_end_encode(batch[DAY.name])
        stored, begin = batch.drop_columns([DAY.name]), 0
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield day, stored.slice(begin, end - begin)
            begin = end
