"""How a day of raw_updates and quarantine is built from landed objects, without forgotten people.

New objects are read and merged with the rows of earlier builds. Rows of earlier builds are filtered
in the lake itself when people are forgotten later: their objects may be gone from the landing zone.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.landing import day_prefix
from lambda_ingest.privacy.suppression import Tombstones, suppress
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footers import Footers, FooterSource
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.lake.landing_state import (
    READ_OBJECTS,
    ReadListing,
    as_read,
    read_state,
    write_state,
)
from tg_pipeline.lake.partitions import (
    DamagedPartitionError,
    Lake,
    Partition,
    PartitionStats,
    PartitionWriter,
)
from tg_pipeline.landing.arrivals import read_journals, with_arrivals
from tg_pipeline.landing.reader import read_objects
from tg_pipeline.landing.zone import (
    EPOCH,
    OBJECTS,
    is_same_listing,
    list_objects,
    listing_fingerprint,
    not_in,
    remove_stale_temp_files,
    with_versions,
)
from tg_pipeline.layers.batches import Merge
from tg_pipeline.layers.enriched.suppression import suppress_rows
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, READER_VERSION, split
from tg_pipeline.layers.update_ids import UPDATE_IDS, UpdateIdCounter
from tg_pipeline.storage.fingerprints import RowHasher

LOGGER: Final = logging.getLogger(__name__)

BUILT_FROM: Final = "built_from"
"""The footer key for the fingerprint of a partition's input."""

TIMEZONE: Final = "timezone"
"""The footer key for the time zone that defined the day (`TG_TIMEZONE`)."""

READER: Final = "reader"
"""The footer key of quarantine for the version of the reader, if the day has quarantined lines."""

DAMAGED_SOURCE: Final = "damaged"
"""Stands for what a damaged partition was built from, which is unknown: so it is stale."""

GONE: Final = -1
"""The size of an object that is gone: no object that lands under its key has the same."""

CONTENT_COLUMNS: Final = {RAW_UPDATES.name: "payload", QUARANTINE.name: "bytes"}
"""The columns with the landed bytes."""


@dataclass(frozen=True, slots=True)
class RawBuildResult:
    """The outcome of building a day's raw_updates and quarantine."""

    raw: PartitionStats
    quarantined: PartitionStats
    objects: int
    """Objects landed on that day."""
    objects_read: int
    """Objects fetched by this build."""
    lines: int
    """Lines landed on that day: read by earlier builds, and by this one."""
    suppressed: int
    """Of these, lines that were left out because they are a forgotten person's."""
    objects_missing: int
    """Landed objects without any row in the result, and without suppressed lines: 0, unless rows
    were lost."""


@dataclass(frozen=True, slots=True)
class LandingSource:
    """A landing zone to read from."""

    store: ObjectStore
    bot_id: int
    """The bot of objects whose name has no bot id."""
    rereads_quarantined: bool = False
    """Whether objects with quarantined lines are read again."""
    split_objects: "SplitObjects | None" = None
    """What reads its objects; None: this process."""


def build_raw_updates(
    landing: LandingSource,
    lake: Lake,
    day: date,
    parameters: LayerParameters,
    *,
    full: bool = False,
) -> RawBuildResult:
    """Merge a day's landed objects that are not read yet into its raw_updates and quarantine.

    With `full`, all objects are read again; but the landed objects of a day before the landing
    zone's floor are never read: its rows are only filtered. The rows of objects that are not listed
    any more stay in any case: nothing but `forget` and `expire` removes rows.
    """
    with _open_previous(landing, lake, day, parameters, full=full) as previous:
        built, known = previous.built(), previous.known
        lines = built.raw.rows + built.quarantined.rows + _suppressed(known)
        if previous.unread.num_rows or not previous.is_built_for(parameters):
            new: Iterable[SplitLines] = ()
            if previous.unread.num_rows:
                arrived = with_arrivals(previous.unread, read_journals(landing.store, day))
                split_objects = landing.split_objects or split_here
                new = split_objects(landing, arrived, parameters.tombstones)
            built, lines, altered = _merge_lines(lake, day, previous, new, parameters)
            every = altered.recorded(pa.concat_tables([known, as_read(previous.unread)]))
            known = previous.countable(every)
            lines -= _suppressed(every) - _suppressed(known)
        listing = replace(
            previous.listed,
            rows=built.rows,
            tombstones=parameters.tombstones.fingerprint,
            suppressed=_suppressed(known),
        )
        if previous.listing != listing:
            # Last: if the build is interrupted before, the listing names other rows.
            write_state(lake, day, listing, known)
    return RawBuildResult(
        raw=built.raw,
        quarantined=built.quarantined,
        objects=listing.objects,
        objects_read=previous.unread.num_rows,
        lines=lines,
        suppressed=listing.suppressed,
        objects_missing=_count_missing(lake, day, previous.objects, known),
    )


class AlteredLines:
    """Removes forgotten people from rows, and counts by object which lines that changed."""

    def __init__(self, tombstones: Tombstones) -> None:
        """Remove the people of `tombstones`."""
        self._tombstones = tombstones
        self._suppressed: Counter[str] = Counter()
        self._redacted: set[str] = set()

    def __bool__(self) -> bool:
        """Return whether any line was changed."""
        return bool(self._suppressed or self._redacted)

    def without_people(
        self, layer: str, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows of raw_updates or quarantine without forgotten people."""
        if not self._tombstones:
            yield from batches
            return
        for batch in batches:
            found = suppress_rows(batch, CONTENT_COLUMNS[layer], self._suppress_line)
            self._suppressed.update(found.suppressed)
            self._redacted.update(found.redacted)
            yield found.rows

    def add(self, suppressed: Mapping[str, int], redacted: Iterable[str]) -> None:
        """Count lines that were changed elsewhere."""
        self._suppressed.update(suppressed)
        self._redacted.update(redacted)

    def split(self, lines: pa.RecordBatch) -> "SplitLines":
        """Return landed lines as rows of both tables, without forgotten people."""
        raw, quarantined = (
            rows
            for layer, part in zip((RAW_UPDATES, QUARANTINE), split(lines), strict=True)
            for rows in self.without_people(layer.name, [part])
        )
        return SplitLines(raw, quarantined, lines.num_rows, self._suppressed, self._redacted)

    def _suppress_line(self, line: bytes) -> bytes | None:
        return suppress(line, self._tombstones)

    def recorded(self, known: pa.Table) -> pa.Table:
        """Return READ_OBJECTS with the lines that were changed."""
        if not self:
            return known
        keys = known["object_key"].to_pylist()
        new = pa.array([self._suppressed[key] for key in keys], pa.int64())
        redacted = pa.array([key in self._redacted for key in keys], pa.bool_())
        return pa.table(
            [
                *(known[name] for name in OBJECTS.names),
                pc.add(known["suppressed"], new),
                pc.or_(known["is_redacted"], redacted),
            ],
            schema=READ_OBJECTS,
        )


@dataclass(frozen=True, slots=True)
class SplitLines:
    """Landed lines as rows of raw_updates and of quarantine, without forgotten people."""

    raw: pa.RecordBatch
    quarantined: pa.RecordBatch
    lines: int
    """The number of landed lines."""
    suppressed: Mapping[str, int]
    """By object, how many of them were left out because they are a forgotten person's."""
    redacted: Collection[str]
    """The objects with lines from which a forgotten person was removed."""


SplitObjects = Callable[[LandingSource, pa.Table, Tombstones], Iterable[SplitLines]]
"""Reads landed objects that have a column `received_at`, and returns their lines in order."""


def split_here(
    landing: LandingSource, objects: pa.Table, tombstones: Tombstones
) -> Iterator[SplitLines]:
    """Read landed objects, and yield their lines batch by batch; raises StoreError."""
    for batch in read_objects(landing.store, objects, bot_id=landing.bot_id):
        yield AlteredLines(tombstones).split(batch)


@dataclass(frozen=True, slots=True)
class _BuiltDay:
    """What raw_updates and quarantine hold."""

    raw: PartitionStats
    quarantined: PartitionStats
    rows: str
    """The fingerprint of the rows of both."""


@dataclass(frozen=True, slots=True)
class _PreviousBuild:
    """A day as an earlier build left it; without rows if the build starts over."""

    raw: Partition
    quarantine: Partition
    listing: ReadListing | None
    """What the earlier build read; None if that is unknown."""
    known: pa.Table
    """The READ_OBJECTS whose rows are taken over."""

    listed: ReadListing
    """What this build reads, without its rows."""
    objects: pa.Table | None
    """The landed objects, which must have rows; None if those of the day have expired."""
    unread: pa.Table
    """The landed objects to read. Rows that earlier builds made of them are left out."""
    replaced: pa.Array
    """The keys of those of them that were read before."""
    gone: pa.Array | None = None
    """The keys of the only objects whose rows are taken over; None for all that are not replaced.
    """

    @property
    def is_read_by_present_reader(self) -> bool:
        """Whether no quarantined line would be read by another version than before.

        Lines of a day whose landed objects have expired stay as an earlier version read them.
        """
        quarantine = self.quarantine
        return self.objects is None or not has_other_reader(quarantine.metadata, quarantine.rows)

    @property
    def reader(self) -> str | None:
        """The version of the reader of the quarantined lines that this build writes."""
        return self.quarantine.metadata.get(READER) if self.objects is None else READER_VERSION

    @property
    def parts(self) -> tuple[Partition, Partition]:
        """raw_updates and quarantine."""
        return self.raw, self.quarantine

    def built(self) -> _BuiltDay:
        """Return what the two tables hold."""
        raw, quarantined = (PartitionStats(part.rows, part.bytes) for part in self.parts)
        return _BuiltDay(raw, quarantined, self.raw.metadata.get(BUILT_FROM, ""))

    def countable(self, known: pa.Table) -> pa.Table:
        """Return READ_OBJECTS without the changed lines of objects that are gone.

        Their lines can't be counted any more; the rows that they became stay. If such an object
        comes back, from a backup, it is read again. Objects of which the day has expired in the
        landing zone are counted as they were last seen.
        """
        if self.objects is None or not has_altered(known):
            return known
        is_landed = pc.is_in(known["object_key"], value_set=self.objects["object_key"])
        is_unchanged = pc.invert(_is_altered(known))
        return pa.table(
            [
                known["object_key"],
                known["last_modified"],
                pc.if_else(pc.or_(is_landed, is_unchanged), known["size"], GONE),
                known["version"],
                pc.if_else(is_landed, known["suppressed"], 0),
                pc.and_(known["is_redacted"], is_landed),
            ],
            schema=READ_OBJECTS,
        )

    def is_built_for(self, parameters: LayerParameters) -> bool:
        """Return whether both tables exist, belong together, and were built with `parameters`.

        Releases before the ids were in the footer of raw_updates left a day that is written again,
        from its own rows.
        """
        if self.listing is None or UPDATE_IDS not in self.raw.metadata:
            return False
        expected = {BUILT_FROM: self.listing.rows, TIMEZONE: parameters.timezone}
        return (
            self.are_clean(parameters)
            and self.is_read_by_present_reader
            and all(expected.items() <= part.metadata.items() for part in self.parts)
        )

    def are_clean(self, parameters: LayerParameters) -> bool:
        """Return whether the rows are known to be without the people who are forgotten now."""
        return (
            self.listing is not None
            and self.listing.tombstones == parameters.tombstones.fingerprint
        )


@contextmanager
def _open_previous(
    landing: LandingSource, lake: Lake, day: date, parameters: LayerParameters, *, full: bool
) -> Iterator[_PreviousBuild]:
    """Open the result of an earlier build, if it can be extended; otherwise start over.

    raw_updates, quarantine and the listing are one state in three objects, and each names the rows
    of the two tables. If these differ, a build was interrupted, or two builds were mixed.
    """
    if not parameters.floors.keeps(TableGroup.LANDING, day):
        with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
            yield _without_landing(raw, quarantine, read_state(lake, day))
        return
    remove_stale_temp_files(landing.store, day)
    objects = list_objects(landing.store, day)
    listed = ReadListing(listing_fingerprint(objects), objects.num_rows, "")
    if full:
        with _start_over(lake, day, listed, objects) as start:
            yield start
        return
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        state = read_state(lake, day)
        named = {part.metadata.get(BUILT_FROM) for part in (raw, quarantine)}
        if state is None or named != {state[0].rows}:
            with _start_over(lake, day, listed, objects) as start:
                yield start
            return
        listing, known = state
        unread = objects.slice(0, 0)
        if not is_same_listing(listing.fingerprint, listed.fingerprint):
            unread = not_in(objects, known)
        if listing.tombstones != parameters.tombstones.fingerprint:
            unread = _with_altered(unread, objects, known)
        is_reread = landing.rereads_quarantined
        if is_reread or has_other_reader(quarantine.metadata, quarantine.rows):
            unread = _with_quarantined(unread, objects, quarantine)
        is_replaced = pc.is_in(known["object_key"], value_set=unread["object_key"])
        replaced = known["object_key"].filter(is_replaced).combine_chunks()
        known = with_versions(known.filter(pc.invert(is_replaced)), objects)
        previous = _PreviousBuild(
            raw, quarantine, listing, known, listed, objects, unread, replaced
        )
        yield replace(previous, known=previous.countable(known))


_NO_KEYS: Final = pa.array([], pa.string())


@contextmanager
def _start_over(
    lake: Lake, day: date, listed: ReadListing, objects: pa.Table
) -> Iterator[_PreviousBuild]:
    """Return a build that reads all listed objects, and takes over the rows of the others.

    A listing may be incomplete, and an object may have been deleted by somebody. If it is listed
    again, it is read again, and replaces these rows.
    """
    with (
        _open_unlisted(lake, RAW_UPDATES.name, day, objects) as (raw, raw_keys),
        _open_unlisted(lake, QUARANTINE.name, day, objects) as (quarantine, quarantine_keys),
    ):
        gone = pa.chunked_array([raw_keys, quarantine_keys], pa.string()).unique()
        sizes = pa.repeat(pa.scalar(GONE, pa.int64()), len(gone))
        unknown = pa.nulls(len(gone), pa.uint32())
        times = pa.repeat(pa.scalar(EPOCH, OBJECTS.field("last_modified").type), len(gone))
        known = as_read(pa.table([gone, times, sizes, unknown], schema=OBJECTS))
        yield _PreviousBuild(raw, quarantine, None, known, listed, objects, objects, _NO_KEYS, gone)


@contextmanager
def _open_unlisted(
    lake: Lake, layer: str, day: date, objects: pa.Table
) -> Iterator[tuple[Partition, pa.Array]]:
    """Open a table for its rows of objects that are not listed, with the keys of these.

    It counts as absent if there are none, and if it is damaged, which is found out here. Rows of
    another day's objects are none of these: somebody put a file of that day here.
    """
    with ExitStack() as stack:
        found, gone = Partition.absent(), _NO_KEYS
        try:
            part = stack.enter_context(lake.open(layer, day))
            keys = _object_keys(part)
            keys = keys.filter(pc.starts_with(keys, f"{day_prefix(day)}/"))
            gone = keys.filter(pc.invert(pc.is_in(keys, objects["object_key"].combine_chunks())))
            for _ in part.batches() if len(gone) else ():
                pass
            found = part if len(gone) else found
        except DamagedPartitionError as error:
            if len(gone):
                LOGGER.warning(
                    "%s. The rows of %d objects that are gone are lost.", error, len(gone)
                )
            gone = _NO_KEYS
        yield found, gone


def _object_keys(part: Partition) -> pa.Array:
    keys = [batch["object_key"].unique() for batch in part.project(["object_key"])]
    return pa.chunked_array(keys, pa.string()).unique()


def _without_landing(
    raw: Partition, quarantine: Partition, state: tuple[ReadListing, pa.Table] | None
) -> _PreviousBuild:
    """Return a build that reads nothing: whatever the two tables hold is taken over."""
    listing, known = state or (None, READ_OBJECTS.empty_table())
    nothing = OBJECTS.empty_table()
    listed = listing or ReadListing("", 0, "")
    if {part.metadata.get(BUILT_FROM) for part in (raw, quarantine)} != {listed.rows}:
        listing = None
    return _PreviousBuild(raw, quarantine, listing, known, listed, None, nothing, _NO_KEYS)


def has_altered(known: pa.Table) -> bool:
    """Return whether lines of any of the READ_OBJECTS were left out or changed."""
    return _suppressed(known) > 0 or bool(pc.any(known["is_redacted"]).as_py())


def _with_altered(unread: pa.Table, objects: pa.Table, known: pa.Table) -> pa.Table:
    """Add the objects of which lines were left out or changed: a person may not be forgotten now.

    Objects that `forget` rewrote or removed are not among them any more.
    """
    return _with_keys(unread, objects, known["object_key"].filter(_is_altered(known)).chunks)


def has_other_reader(metadata: Mapping[str, str], rows: int) -> bool:
    """Return whether the rows of a quarantine are those of another version of the reader."""
    return rows > 0 and metadata.get(READER) != READER_VERSION


def _with_quarantined(unread: pa.Table, objects: pa.Table, quarantine: Partition) -> pa.Table:
    """Add the objects with lines that an earlier version of the reader could not read."""
    keys = (batch["object_key"].unique() for batch in quarantine.project(["object_key"]))
    return _with_keys(unread, objects, list(keys))


def _with_keys(unread: pa.Table, objects: pa.Table, keys: list[pa.Array]) -> pa.Table:
    """Add objects by their keys."""
    if not sum(map(len, keys)):
        return unread
    every = pa.chunked_array([*keys, *unread["object_key"].chunks], pa.string())
    return objects.filter(pc.is_in(objects["object_key"], value_set=every))


def _is_altered(known: pa.Table) -> pa.ChunkedArray:
    return pc.or_(pc.greater(known["suppressed"], 0), known["is_redacted"])


def _suppressed(known: pa.Table) -> int:
    return pc.sum(known["suppressed"]).as_py() or 0


def _merge_lines(
    lake: Lake,
    day: date,
    previous: _PreviousBuild,
    new: Iterable[SplitLines],
    parameters: LayerParameters,
) -> tuple[_BuiltDay, int, AlteredLines]:
    """Write both tables, unless their rows are there already.

    Return what they hold, the number of landed lines, and those that were changed.
    """
    layers = (RAW_UPDATES, QUARANTINE)
    altered = AlteredLines(parameters.tombstones)
    with (
        lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as raw,
        lake.writer(QUARANTINE.name, day, QUARANTINE.schema) as quarantine,
    ):
        hashers = _row_hashers()
        kept = [
            _KeptRows(part.batches(), previous.replaced, previous.gone) for part in previous.parts
        ]
        old: list[Iterator[pa.RecordBatch]] = [
            iter(rows)
            if previous.are_clean(parameters)
            else altered.without_people(layer.name, rows)
            for layer, rows in zip(layers, kept, strict=True)
        ]
        ids = UpdateIdCounter()
        outputs = (
            _Output(RAW_UPDATES.name, Merge(old[0]), raw, hashers[0], ids),
            _Output(QUARANTINE.name, Merge(old[1]), quarantine, hashers[1]),
        )
        lines_read = 0
        for batch in new:
            lines_read += batch.lines
            altered.add(batch.suppressed, batch.redacted)
            for output, rows in zip(outputs, (batch.raw, batch.quarantined), strict=True):
                output.write(output.merge.push(rows))
        for output in outputs:
            output.write(output.merge.rest())
        fingerprint = _rows_fingerprint(hashers)
        footer = {BUILT_FROM: fingerprint, TIMEZONE: parameters.timezone}
        # Without quarantined rows, the version is left out: nothing depends on it.
        reader = {READER: previous.reader} if outputs[1].rows and previous.reader else {}
        footers = ({**footer, UPDATE_IDS: ids.encode()}, footer | reader)
        counted = lines_read + sum(rows.count for rows in kept) + _suppressed(previous.known)
        if all(
            expected.items() <= part.metadata.items()
            for expected, part in zip(footers, previous.parts, strict=True)
        ):
            return previous.built(), counted, altered
        # If the build is interrupted between the two, the footers differ, and the day starts over.
        quarantined = quarantine.commit(**footers[1])
        built = _BuiltDay(raw.commit(**footers[0]), quarantined, fingerprint)
        return built, counted, altered


@dataclass(slots=True)
class _Output:
    """A table that is written, from rows that are there already and new ones."""

    name: str
    merge: Merge
    writer: PartitionWriter
    hasher: RowHasher
    ids: UpdateIdCounter | None = None
    rows: int = 0
    """Rows written so far."""

    def write(self, batches: Iterable[pa.RecordBatch]) -> None:
        for batch in batches:
            self.hasher.update(batch)
            if self.ids:
                self.ids.add(batch)
            self.writer.write(batch)
            self.rows += batch.num_rows


class _KeptRows:
    """The rows of an earlier build, without those of some objects; counts them while it is read."""

    def __init__(
        self, batches: Iterator[pa.RecordBatch], left_out: pa.Array, only: pa.Array | None
    ) -> None:
        """Return the rows of the objects `only`, or of all but those that are `left_out`."""
        self._batches, self._left_out, self._only = batches, left_out, only
        self.count = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            rows = batch
            if self._only is not None:
                rows = batch.filter(pc.is_in(batch["object_key"], value_set=self._only))
            elif len(self._left_out):
                is_left_out = pc.is_in(batch["object_key"], value_set=self._left_out)
                rows = batch.filter(pc.invert(is_left_out))
            self.count += rows.num_rows
            yield rows


def _row_hashers() -> tuple[RowHasher, RowHasher]:
    """Return new hashers of raw_updates and of quarantine.

    The columns that may be null are left out: they follow from the payload.
    """
    raw, quarantine = (
        RowHasher([field.name for field in layer.schema if not field.nullable])
        for layer in (RAW_UPDATES, QUARANTINE)
    )
    return raw, quarantine


def _rows_fingerprint(hashers: tuple[RowHasher, RowHasher]) -> str:
    """Return the fingerprint of a day's rows, the same for every copy of the landing zone."""
    return "-".join(hasher.fingerprint() for hasher in hashers)


EMPTY_FINGERPRINT: Final = _rows_fingerprint(_row_hashers())
"""The fingerprint of a day without rows, and of a day that was never built."""


def _count_missing(lake: Lake, day: date, objects: pa.Table | None, known: pa.Table) -> int:
    """Count the landed objects without a row: each has at least one, if only in quarantine.

    An object is not missing if lines of it were left out because of a forgotten person.
    """
    if objects is None:
        return 0
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        keys = [
            batch["object_key"].unique()
            for partition in (raw, quarantine)
            for batch in partition.project(["object_key"])
        ]
    keys += known["object_key"].filter(pc.greater(known["suppressed"], 0)).chunks
    has_row = pc.is_in(objects["object_key"], value_set=pa.chunked_array(keys, pa.string()))
    return len(objects.filter(pc.invert(has_row)))


def has_raw(lake: FooterSource, day: date, floors: Floors) -> bool:
    """Return whether a day of raw_updates is kept, and can be built or has been.

    It can't be built once its landed objects have expired. A damaged one has been built.
    """
    if not floors.keeps(TableGroup.RAW, day):
        return False
    if floors.keeps(TableGroup.LANDING, day):
        return True
    try:
        return lake.footer_or_raise(RAW_UPDATES.name, day) is not None
    except DamagedPartitionError:
        return True


def record_unaffected_days(
    lake: Lake,
    days: Sequence[date],
    parameters: LayerParameters,
    footers: Footers | None = None,
) -> None:
    """Record that a day's rows hold nobody who is forgotten, on each day where that is so.

    These days are then not stale, and forgetting a person rebuilds only the days of that person.
    `footers` are those of the lake, as far as they were read before. Raises StoreError.
    """
    footers = footers or Footers(lake)
    footers.load([LISTED], len(days))
    found = {day: footers.listing(day) for day in days}
    fingerprint = parameters.tombstones.fingerprint
    due = [day for day, each in found.items() if each and each.tombstones != fingerprint]
    if due:
        lake.map_concurrent(lambda day: _record_if_unaffected(lake, day, parameters), due)
        footers.forget(LISTED)


def _record_if_unaffected(lake: Lake, day: date, parameters: LayerParameters) -> None:
    state = read_state(lake, day)
    fingerprint = parameters.tombstones.fingerprint
    if state is None or state[0].tombstones == fingerprint:
        return
    listing, known = state
    if parameters.floors.keeps(TableGroup.LANDING, day) and has_altered(known):
        return  # Lines that were left out or changed are read again: see `_with_altered`.
    try:
        is_unaffected = _is_unaffected(lake, day, listing, parameters)
    except DamagedPartitionError:
        return  # It is stale anyway.
    if is_unaffected:
        write_state(lake, day, replace(listing, tombstones=fingerprint), known)


def _is_unaffected(
    lake: Lake, day: date, listing: ReadListing, parameters: LayerParameters
) -> bool:
    altered = AlteredLines(parameters.tombstones)
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        for layer, part in ((RAW_UPDATES, raw), (QUARANTINE, quarantine)):
            if part.metadata.get(BUILT_FROM) != listing.rows:
                return False
            for _ in altered.without_people(layer.name, part.batches()):
                if altered:
                    return False
    return True
