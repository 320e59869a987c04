"""A month of a bot in many communities, put straight into enriched_updates.

Each community is a sample of its own, with chats and people of its own: one sample alone has some
fifty people, who would have to write a thousand messages a day each.
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

from tg_pipeline.lake.lake import Lake
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import enrich
from tg_pipeline.layers.schema import TIMESTAMP
from tg_pipeline.report.models import Period
from tg_pipeline.sample import SAMPLE_BOT_ID, Delivery, deliveries
from tg_pipeline.telegram.payload import Envelope, read_envelope

ZONE: Final = ZoneInfo("America/Sao_Paulo")
FIRST: Final = date(2026, 3, 1)
DAYS: Final = 30
PERIOD: Final = Period.ending(FIRST + timedelta(days=DAYS - 1), 14)
"""What the report is about: two weeks, and the two before them to compare with."""

COMMUNITIES: Final = 25

PER_DAY: Final = 1_600
"""Updates of a community, at the mean: a million messages in all."""

ID_STEP: Final = 100_000_000_000
"""Between the ids of two communities: wider than the ids of one."""

PEOPLE_AND_CHATS: Final = (
    *("user_id", "chat_id", "sender_chat_id", "reply_to_user_id", "member_user_id"),
    *("migrate_to_chat_id", "migrate_from_chat_id"),
)
"""The columns whose ids differ from community to community."""

LOST_EVERY: Final = 10_000
"""Updates after which a number is missing."""

BATCH: Final = 1_000


class Month(NamedTuple):
    """How large a month is."""

    communities: int
    per_day: int
    """Updates of a community on a day, at the mean."""


def make_month(lake_uri: str, month: Month) -> int:
    """Write enriched_updates of a month; give its rows."""
    with TemporaryDirectory(prefix="month-") as folder:
        aside = Path(folder)
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            list(pool.map(partial(_make_community, aside, month.per_day), range(month.communities)))
        return _write_days(Lake(lake_uri), aside)


def _make_community(aside: Path, per_day: int, number: int) -> None:
    """Put a community's rows into a file a day."""
    said = deliveries(FIRST, DAYS, per_day, seed=number, zone=ZONE)
    rows = pa.Table.from_batches(map(enrich, _batches(_once_each(said))), ENRICHED_UPDATES.schema)
    rows = _in_community(rows, number)
    days = _days_of(rows)
    for day in pc.unique(days):
        path = aside / day.as_py().isoformat() / f"{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rows.filter(pc.equal(days, day)), path)


def _once_each(said: Iterable[Delivery]) -> Iterator[tuple[Delivery, Envelope]]:
    seen: set[int] = set()
    for delivery in said:
        envelope = read_envelope(delivery.body)
        if envelope.update_id not in seen:
            seen.add(envelope.update_id)
            yield delivery, envelope


def _batches(said: Iterator[tuple[Delivery, Envelope]]) -> Iterator[pa.RecordBatch]:
    """Give the columns of deduped_updates that enriched_updates is made of."""
    while some := list(islice(said, BATCH)):
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
        away = pc.multiply(pc.sign(rows[name]), number * ID_STEP)
        moved = pc.add(rows[name], away)
        rows = rows.set_column(rows.column_names.index(name), rows.field(name), moved)
    return rows


def _days_of(rows: pa.Table) -> pa.ChunkedArray:
    happened = pc.coalesce(rows["event_at"], rows["received_at"])
    local = pc.local_timestamp(happened.cast(pa.timestamp("us", ZONE.key)))
    return local.cast(pa.date32(), safe=False)


def _write_days(lake: Lake, aside: Path) -> int:
    """Bring the communities of each day together; give how many updates there are."""
    written = 0
    for folder in sorted(aside.iterdir()):
        parts = [pq.read_table(path) for path in sorted(folder.iterdir())]
        rows = _numbered(pa.concat_tables(parts), written)
        written += rows.num_rows
        day = date.fromisoformat(folder.name)
        with lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output:
            for batch in rows.to_batches(BATCH):
                output.write(batch)
            output.commit()
    return written


def _numbered(rows: pa.Table, behind: int) -> pa.Table:
    """Give updates in the order in which they arrived, numbered behind so many others."""
    rows = rows.sort_by([("received_at", "ascending"), ("chat_id", "ascending")])
    places = range(behind, behind + rows.num_rows)
    ids = pa.array([place + place // LOST_EVERY for place in places], pa.int64())
    return rows.set_column(rows.column_names.index("update_id"), rows.field("update_id"), ids)
