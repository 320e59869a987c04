"""A month of a bot in many communities, written directly to enriched_updates.

Each community is a separate sample with its own chats and people: one sample has about fifty
people, who would have to write a thousand messages a day each.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import enrich
from tg_pipeline.layers.schema import TIMESTAMP
from tg_pipeline.report.models import Period
from tg_pipeline.sample import SAMPLE_BOT_ID, SampleDelivery, deliveries
from tg_pipeline.telegram.decoding import Envelope, read_envelope

ZONE: Final = ZoneInfo("America/Sao_Paulo")
FIRST: Final = date(2026, 3, 1)
DAYS: Final = 30
PERIOD: Final = Period.ending(FIRST + timedelta(days=DAYS - 1), 14)
"""The report covers two weeks, compared with the two weeks before."""

COMMUNITIES: Final = 25

PER_DAY: Final = 1_600
"""Mean number of updates of a community per day: a million messages in all."""

ID_STEP: Final = 100_000_000_000
"""Offset between the ids of two communities: more than the largest id of one."""

PEOPLE_AND_CHATS: Final = (
    *("user_id", "person_id", "chat_id", "sender_chat_id", "reply_to_user_id", "member_user_id"),
    *(
        "left_chat_member_id",
        "external_reply_chat_id",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
    ),
)
"""The columns whose ids differ between communities."""

LOST_EVERY: Final = 10_000
"""One update id is skipped after so many updates."""

BATCH: Final = 1_000


class Month(NamedTuple):
    """The size of a month."""

    communities: int
    per_day: int
    """Mean number of updates of a community per day."""


def make_month(lake_uri: str, month: Month) -> int:
    """Write enriched_updates of a month; return its rows."""
    with TemporaryDirectory(prefix="month-") as folder:
        temporary = Path(folder)
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            list(
                pool.map(
                    partial(_make_community, temporary, month.per_day), range(month.communities)
                )
            )
        return _write_days(Lake(lake_uri), temporary)


def _make_community(folder: Path, per_day: int, number: int) -> None:
    """Write a community's rows to one file per day."""
    delivered = deliveries(FIRST, DAYS, per_day, seed=number, zone=ZONE)
    rows = pa.Table.from_batches(
        map(enrich, _batches(_without_retries(delivered))), ENRICHED_UPDATES.schema
    )
    rows = _in_community(rows, number)
    days = _days_of(rows)
    for day in pc.unique(days):
        path = folder / day.as_py().isoformat() / f"{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rows.filter(pc.equal(days, day)), path)


def _without_retries(
    delivered: Iterable[SampleDelivery],
) -> Iterator[tuple[SampleDelivery, Envelope]]:
    seen: set[int] = set()
    for delivery in delivered:
        envelope = read_envelope(delivery.body)
        if envelope.update_id not in seen:
            seen.add(envelope.update_id)
            yield delivery, envelope


def _batches(delivered: Iterator[tuple[SampleDelivery, Envelope]]) -> Iterator[pa.RecordBatch]:
    """Yield the columns of deduped_updates that enriched_updates is built from."""
    while some := list(islice(delivered, BATCH)):
        yield pa.record_batch(
            {
                "bot_id": pa.array([SAMPLE_BOT_ID] * len(some), pa.int64()),
                "update_id": pa.array([each.update_id for _, each in some], pa.int64()),
                "update_type": pa.array([each.update_type for _, each in some], pa.string()),
                "received_at": pa.array([each.arrived_at for each, _ in some], TIMESTAMP),
                "payload": pa.array([each.body for each, _ in some], pa.binary()),
            }
        )


def _in_community(rows: pa.Table, number: int) -> pa.Table:
    for name in PEOPLE_AND_CHATS:
        offset = pc.multiply(pc.sign(rows[name]), number * ID_STEP)
        moved = pc.add(rows[name], offset)
        rows = rows.set_column(rows.column_names.index(name), rows.field(name), moved)
    return rows


def _days_of(rows: pa.Table) -> pa.ChunkedArray:
    happened = pc.coalesce(rows["event_at"], rows["received_at"])
    local = pc.local_timestamp(happened.cast(pa.timestamp("us", ZONE.key)))
    return local.cast(pa.date32(), safe=False)


def _write_days(lake: Lake, temporary: Path) -> int:
    """Write each day with the updates of all communities; return the number of updates."""
    written = 0
    for folder in sorted(temporary.iterdir()):
        parts = [pq.read_table(path) for path in sorted(folder.iterdir())]
        rows = _numbered(pa.concat_tables(parts), written)
        written += rows.num_rows
        day = date.fromisoformat(folder.name)
        with lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output:
            for batch in rows.to_batches(BATCH):
                output.write(batch)
            output.commit()
    return written


def _numbered(rows: pa.Table, first: int) -> pa.Table:
    """Return updates in the order of their arrival, with consecutive ids from `first` on."""
    rows = rows.sort_by([("received_at", "ascending"), ("chat_id", "ascending")])
    places = range(first, first + rows.num_rows)
    ids = pa.array([place + place // LOST_EVERY for place in places], pa.int64())
    return rows.set_column(rows.column_names.index("update_id"), rows.field("update_id"), ids)
