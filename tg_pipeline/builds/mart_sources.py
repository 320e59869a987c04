"""The partitions that marts are made from, and which partitions of a mart are stale.

A mart's footer has a fingerprint of its definition and of the sources that it was made from, and
the parameters that its query uses. A partition is stale if any of these has changed since.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from itertools import islice, takewhile
from typing import Final, NamedTuple, Self, cast
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.builds.raw_updates import BUILT_FROM
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footers import Footers, FooterSource
from tg_pipeline.lake.partitions import (
    DamagedPartitionError,
    Lake,
    Month,
    PartitionName,
)
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import (
    CUMULATIVE_MARTS,
    DAILY_MARTS,
    MAX_LOOKBACK_DAYS,
    PARTIAL_MARTS,
)
from tg_pipeline.marts.mart import (
    CONTEXT,
    Mart,
    MartParameters,
    Sending,
    Span,
    TableGrain,
    grain_of,
)
from tg_pipeline.marts.partials import KNOWN_MOVES
from tg_pipeline.storage.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.storage.parquet import Footer

CONTENT: Final = "content"
"""The metadata of a monthly mart with a digest of its rows: what is made from it is stale only if
these have changed, and not whenever it was written."""

BEGINNING: Final = "beginning"
"""The metadata with a digest of those rows that the month before reads as its context."""

GROUPS: Final = "groups"
"""The metadata with the ids of the groups that wrote in the month, and may become supergroups."""

MESSAGE_MONTHS: Final = "message_months"
"""In the footer index, the months in which the messages of a day of enriched_updates were sent. An
edit belongs to the month of its message. The name is followed by the time zone."""

END_OF_TIME: Final = datetime(9999, 11, 1, tzinfo=UTC)
"""Messages that claim to be sent from then on are in no month: what follows them has no date."""


class Move(NamedTuple):
    """A group that became a supergroup."""

    old_chat_id: int
    new_chat_id: int
    moved_at: datetime


class SourcePartition(NamedTuple):
    """A partition that a mart is made from."""

    table: Table
    partition: PartitionName
    digest: str
    """Changes with what the mart reads of it."""


# Months


def sending_of(month: Month, timezone: str) -> Sending:
    """Return the times that the query of a month refers to."""
    followed = month.next.first_day + CONTEXT
    begins, ends, until = (
        datetime.combine(day, time(), ZoneInfo(timezone))
        for day in (month.first_day, month.next.first_day, followed)
    )
    return Sending(begins, ends, until)


def message_months(footers: Footers, timezone: str) -> dict[date, frozenset[Month]]:
    """Return, for each day of enriched_updates, the months in which its messages were sent.

    Days whose months are not in the index are read, and the index has them from then on. Raises
    StoreError, and DamagedPartitionError.
    """
    index = footers.index(ENRICHED_UPDATES.name)
    key = f"{MESSAGE_MONTHS} {timezone}"
    days = [day for day in {*index.footers, *index.damaged} if isinstance(day, date)]
    found = {day: index.metadata(day, key) for day in days}
    missing = [day for day, text in found.items() if text is None]
    lake = footers.lake
    read = lake.map_concurrent(lambda day: _read_months(lake, day, timezone), missing)
    if missing:
        found |= dict(zip(missing, read, strict=True))
        footers.replace(
            index.with_metadata(
                {
                    day: {key: text}
                    for day, text in zip(missing, read, strict=True)
                    if day in index.footers
                }
            )
        )
    return {
        day: frozenset(Month(*map(int, each.split("-"))) for each in (text or "").split())
        for day, text in found.items()
    }


def _read_months(lake: Lake, day: date, timezone: str) -> str:
    """Return the months in which a day's messages were sent, as YYYY-MM, separated by spaces."""
    months: set[Month] = set()
    columns = ["message_kind", "date", "event_at", "received_at"]
    with lake.open(ENRICHED_UPDATES.name, day) as partition:
        for batch in partition.project(columns):
            months |= _months_of(batch.filter(batch["message_kind"].is_valid()), timezone)
    return " ".join(map(str, sorted(months)))


def _months_of(messages: pa.RecordBatch, timezone: str) -> set[Month]:
    dates = messages["date"].cast(pa.int64())
    known = pc.if_else(pc.equal(dates, 0), pa.scalar(None, pa.int64()), dates)
    second = pa.timestamp("s", "UTC")
    sent = pc.coalesce(
        known.cast(second),
        pc.floor_temporal(messages["event_at"], unit="second").cast(second),
        pc.floor_temporal(messages["received_at"], unit="second").cast(second),
    ).drop_null()
    sent = sent.filter(pc.less(sent, pa.scalar(END_OF_TIME, second)))
    bounds = pc.min_max(sent)
    first, last = bounds["min"].as_py(), bounds["max"].as_py()
    if first is None:
        return set()
    zone = ZoneInfo(timezone)
    month, end = Month.of(first.astimezone(zone)), Month.of(last.astimezone(zone))
    if month == end:
        return {month}
    begins = []
    while month <= end:
        begins.append(month)
        month = month.next
    starts = [int(sending_of(each, timezone).begins.timestamp()) for each in begins]
    places = np.searchsorted(starts, np.unique(sent.cast(pa.int64()).to_numpy()), side="right") - 1
    return {begins[place] for place in np.unique(places)}


# Sources


class MartSources:
    """What the marts of a lake are made from, as it was when it was first looked at."""

    def __init__(self, footers: Footers, parameters: MartParameters) -> None:
        """Read what `footers` has, for queries with the `parameters`."""
        self._footers, self._parameters = footers, parameters
        self._listed: dict[str, Sequence[PartitionName]] = {}

    def partitions(self, mart: Mart) -> Sequence[PartitionName]:
        """Return the partitions that a cumulative mart has, as far as its sources are built."""
        if mart.grain is TableGrain.WHOLE:
            return [None]
        leading = mart.sources[0]
        if mart.spans.get(leading.name) is Span.SENT:
            return sorted(self._days_of_months)
        names = self._existing(leading)
        return sorted({Month.of(n) if isinstance(n, date) else n for n in names if n})

    def read_by(
        self, mart: Mart, partition: PartitionName, table: Table
    ) -> Sequence[PartitionName]:
        """Return the partitions of a source that a partition of a mart is made from, ascending."""
        grain = grain_of(table)
        if grain is TableGrain.WHOLE:
            return [None]
        if mart.grain is TableGrain.DAY and isinstance(partition, date):
            return [*days_before([partition], mart.lookback_days)]
        existing = self._existing(table)
        if not isinstance(partition, Month):
            return existing
        span = mart.spans.get(table.name, Span.SAME)
        if span is Span.SENT:
            return self._days_of_months.get(partition, [])
        if grain is TableGrain.DAY:
            end = partition.next.first_day + (CONTEXT if span is Span.FOLLOWED else timedelta())
            return [*takewhile(lambda day: day < end, _from(existing, partition.first_day))]
        return [each for each in existing if _is_in_span(each, partition, span)]

    def _existing(self, table: Table) -> Sequence[PartitionName]:
        """Return the partitions of a table by day or month, ascending."""
        if table.name not in self._listed:
            index = self._footers.index(table.name)
            names = {*index.footers, *index.damaged}
            if grain_of(table) is TableGrain.DAY:
                self._listed[table.name] = sorted(n for n in names if isinstance(n, date))
            else:
                self._listed[table.name] = sorted(n for n in names if isinstance(n, Month))
        return self._listed[table.name]

    @cached_property
    def _days_of_months(self) -> dict[Month, list[date]]:
        """The days of enriched_updates with messages of a month, ascending, by month."""
        found: dict[Month, list[date]] = {}
        for day, months in sorted(message_months(self._footers, self._parameters.timezone).items()):
            for month in months:
                found.setdefault(month, []).append(day)
        return found

    def stale(self, mart: Mart) -> Sequence[PartitionName]:
        """Return those of the partitions of a cumulative mart that are stale, ascending."""
        definition, moves = MartDefinition.of(mart, self._parameters), self._moves(mart)
        return [each for each in self.partitions(mart) if self._is_stale(definition, each, moves)]

    def _is_stale(
        self, definition: "MartDefinition", partition: PartitionName, moves: Sequence[Move]
    ) -> bool:
        mart = definition.mart
        stored = self._footers.footer(mart.name, partition)
        if stored is None:
            return True
        sources: list[SourcePartition] = []
        for table in mart.sources:
            names = self.read_by(mart, partition, table)
            footers = self._footers.footers(table.name, names)
            sources += map(partial(source_partition, partition, table), names, footers)
        groups = decode_groups(stored.metadata.get(GROUPS))
        return not matches(stored, definition.footer(sources, moves, groups))

    def _moves(self, mart: Mart) -> list[Move]:
        """Return all moves of groups, if a mart is made from them."""
        if Span.MOVES not in mart.spans.values():
            return []
        names = self._existing(KNOWN_MOVES)
        footers = self._footers.footers(KNOWN_MOVES.name, names)
        return read_moves(self._footers.lake, dict(zip(names, footers, strict=True)))

    def superfluous(self, mart: Mart) -> Sequence[PartitionName]:
        """Return the stored partitions of a cumulative mart that nothing is left of.

        One that an earlier release has made with another grain is one of them.
        """
        index = self._footers.index(mart.name)
        return list({*index.footers, *index.damaged}.difference(self.partitions(mart)))


def _from(names: Sequence[PartitionName], first: date) -> Iterator[date]:
    """Yield the days among ascending names, from the `first` on."""
    days = cast("Sequence[date]", names)
    return islice(days, bisect_left(days, first), None)


def _is_in_span(name: PartitionName, month: Month, span: Span) -> bool:
    """Return whether a month of a source is read for a month of a mart."""
    if not isinstance(name, Month) or span is Span.MOVES:
        return True
    if span is Span.UP_TO:
        return name <= month
    if span is Span.BEFORE_AND_FOLLOWED and name.next == month:
        return True
    is_followed = span in {Span.FOLLOWED, Span.BEFORE_AND_FOLLOWED}
    return name == month or (is_followed and name == month.next)


def source_partition(
    partition: PartitionName, table: Table, name: PartitionName, footer: Footer | None
) -> SourcePartition:
    """Return a source of a partition of a mart, with a digest of what is read of it."""
    if footer is None:
        return SourcePartition(table, name, "missing")
    digest = footer.metadata.get(CONTENT, footer.fingerprint)
    if isinstance(partition, Month) and name == partition.next:
        digest = footer.metadata.get(BEGINNING, digest)
    return SourcePartition(table, name, digest)


@dataclass(frozen=True, slots=True)
class MartDefinition:
    """A mart's definition as of now: to read it takes longer than to compare a partition."""

    mart: Mart
    hash: str
    used: Mapping[str, str]
    """The parameters that it depends on."""

    @classmethod
    def of(cls, mart: Mart, parameters: MartParameters) -> Self:
        """Read the definition of a mart."""
        return cls(mart, mart.definition_hash, parameters.recorded_for(mart))

    def footer(
        self,
        sources: Iterable[SourcePartition],
        moves: Sequence[Move] = (),
        groups: frozenset[int] = frozenset(),
    ) -> dict[str, str]:
        """Return the footer metadata of the mart if it is made from `sources`.

        Of the `moves`, only those of the `groups` that are in the mart count.
        """
        lines = [self.hash]
        for table, name, digest in sources:
            if self.mart.spans.get(table.name) is not Span.MOVES:
                lines.append(f"{table.name} {name} {digest}")
        lines += [f"{old} {new} {at}" for old, new, at in moves if old in groups]
        fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return {BUILT_FROM: fingerprint[:FINGERPRINT_CHARACTERS], **self.used}


def matches(footer: Footer | None, expected: Mapping[str, str]) -> bool:
    """Return whether a mart exists, and was made from what is expected."""
    return footer is not None and expected.items() <= footer.metadata.items()


def encode_groups(groups: Iterable[int]) -> str:
    """Return ids of groups as metadata."""
    return msgspec.json.encode(sorted(groups)).decode()


def decode_groups(text: str | None) -> frozenset[int]:
    """Return ids of groups from metadata."""
    return frozenset(msgspec.json.decode(text, type=list[int])) if text else frozenset()


def read_moves(lake: Lake, months: Mapping[PartitionName, Footer | None]) -> list[Move]:
    """Return the moves that months tell of, given their footers; most of them tell of none."""

    def read(month: PartitionName) -> list[Move]:
        with lake.open(KNOWN_MOVES.name, month) as moves:
            return [Move(**row) for batch in moves.batches() for row in batch.to_pylist()]

    names = [name for name, footer in months.items() if footer is None or footer.rows]
    return sorted({move for moves in lake.map_concurrent(read, names) for move in moves})


# Staleness


def buildable_days(
    lake: FooterSource, mart: Mart, days: Iterable[date], floors: Floors
) -> list[date]:
    """Return those of the days of a daily mart that retention keeps, and that can be built.

    Once enriched_updates of a day that it is made from has expired, a mart's day is kept as it is.
    On the first days after the floor it is only built if it never was: from what there is.
    """
    return [day for day in days if _is_buildable(lake, mart, day, floors)]


def _is_buildable(lake: FooterSource, mart: Mart, day: date, floors: Floors) -> bool:
    if not floors.keeps(TableGroup.MARTS, day) or not floors.keeps(TableGroup.ENRICHED, day):
        return False
    first = day - timedelta(days=mart.lookback_days)
    return floors.keeps(TableGroup.ENRICHED, first) or lake.footer(mart.name, day) is None


def days_with_stale_marts(
    footers: FooterSource, days: Iterable[date], parameters: MartParameters, floors: Floors
) -> list[date]:
    """Return those of the days that have enriched_updates, and a daily mart that is stale."""
    wanted = sorted(set(days))
    needed = days_before(wanted, MAX_LOOKBACK_DAYS)
    enriched = dict(zip(needed, footers.footers(ENRICHED_UPDATES.name, needed), strict=True))
    built = [day for day in wanted if enriched[day]]
    stale: set[date] = set()
    for mart in DAILY_MARTS:
        definition = MartDefinition.of(mart, parameters)
        kept = [day for day in built if _is_buildable(footers, mart, day, floors)]
        stored = footers.footers(mart.name, kept)
        for day, footer in zip(kept, stored, strict=True):
            sources = [
                source_partition(day, ENRICHED_UPDATES, each, enriched[each])
                for each in days_before([day], mart.lookback_days)
            ]
            if not matches(footer, definition.footer(sources)):
                stale.add(day)
    return [day for day in built if day in stale]


def cumulative_marts_are_stale(footers: Footers, parameters: MartParameters) -> bool:
    """Return whether a cumulative mart is stale."""
    sources = MartSources(footers, parameters)
    try:
        return any(
            sources.superfluous(mart) or sources.stale(mart)
            for mart in (*PARTIAL_MARTS, *CUMULATIVE_MARTS)
        )
    except DamagedPartitionError:
        return True


def days_before(days: Iterable[date], count: int) -> list[date]:
    """Return days and as many days before each of them, ascending."""
    return sorted({day - timedelta(days=back) for day in days for back in range(count + 1)})
