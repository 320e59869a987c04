"""raw_updates → deduped_updates: one row per (bot_id, update_id), the copy of the earliest day.

Within a day, it is the copy that landed first. A day is read twice: first its narrow key columns,
to find the duplicates, then its rows, to drop them. Its keys are sorted one shard at a time, and
those of earlier days are streamed past them, so memory does not grow with the days. Of a day with
more keys than a shard has, only those are sorted that may have a copy at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Self, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tg_pipeline.layers.raw_updates import RawUpdate
from tg_pipeline.layers.schema import Layer
from tg_pipeline.layers.update_ids import IdRange, merge_ranges

DEDUPED_UPDATES: Final = Layer(
    "deduped_updates",
    "One row per (bot_id, update_id): of several landed copies the one of the earliest day, and of "
    "those of a day the first, by received_at, then object_key, then line.",
    RawUpdate,
)

KEY_COLUMNS: Final = ["bot_id", "update_id", "received_at"]
"""The columns that `find_duplicates` reads."""

CONTENT_COLUMNS: Final = ["payload"]
"""The columns that `conflicts` reads."""

SHARD_ROWS: Final = 500_000
"""Keys sorted at a time: 32 bytes each, so about 16 MB, and as much again while sorting."""

TODAY: Final = -1
"""The number of the day that is deduplicated, beside those of the earlier ones."""

MAX_REPEATED: Final = 100
"""Ids that are kept apart of those that repeat within a batch: it bounds the memory of all."""

HASH_BYTES: Final = 8
"""Two contents that differ have the same hash in one of 10^19 cases."""

ReadRows = Callable[[], Iterator[pa.RecordBatch]]
"""Reads some columns of a day's rows, in their order; called several times."""

Integers: TypeAlias = npt.NDArray[np.int64]
Hashes: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The rows of a day that are left out, and those that are kept instead."""

    positions: Integers
    """The positions of the rows that are left out, ascending."""
    kept_on: Integers
    """The number of the day with the row that is kept: one of the earlier days, or TODAY."""
    kept: Integers
    """The position of that row on its day."""

    def __len__(self) -> int:
        """Return the number of rows that are left out."""
        return len(self.positions)

    def take(self, which: Integers) -> Self:
        """Return some of them."""
        return type(self)(self.positions[which], self.kept_on[which], self.kept[which])


def find_duplicates(today: ReadRows, earlier: Sequence[ReadRows], rows: int) -> Duplicates:
    """Return which of today's rows are copies of another one of today, or of an earlier day.

    All read the KEY_COLUMNS; `rows` is the number of today's rows. `earlier` are the days that may
    have copies, in their order.
    """
    suspects = None
    if rows > SHARD_ROWS:
        suspects = _Suspects.find(today, earlier)
        if not suspects.ranges:
            return Duplicates(_EMPTY, _EMPTY, _EMPTY)
        rows = suspects.count(today)
    shards = 1
    while shards * SHARD_ROWS < rows:
        shards *= 2
    found = [_find_in_shard(today, earlier, number, shards, suspects) for number in range(shards)]
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Duplicates(*(column[order] for column in columns))


def drop_rows(batches: Iterator[pa.RecordBatch], positions: Integers) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a stream without those at `positions` (ascending), in their order."""
    offset = 0
    for batch in batches:
        here = _within(positions, offset, batch.num_rows)
        if len(here):
            is_kept = np.ones(batch.num_rows, np.uint8)
            is_kept[here - offset] = 0
            yield batch.filter(_as_arrow(is_kept, pa.uint8()).cast(pa.bool_()))
        else:
            yield batch
        offset += batch.num_rows


def _within(positions: Integers, offset: int, count: int) -> Integers:
    """Return those of ascending positions that are among `count` rows from `offset` on."""
    start, end = np.searchsorted(positions, [offset, offset + count])
    return positions[start:end]


@dataclass(frozen=True, slots=True)
class _Suspects:
    """Ids of which a day may have copies: all others occur once, and on no earlier day.

    Telegram numbers the updates of a bot in sequence, so nearly every batch of rows has a range of
    ids for itself: suspects are where two ranges overlap, and ids that repeat within a batch.
    """

    ranges: dict[int, Integers]
    """By bot, a row for each range with its first and its last id, ascending, without overlap."""

    @classmethod
    def find(cls, today: ReadRows, earlier: Sequence[ReadRows]) -> Self:
        """Find them by one pass over the keys."""
        bounds: defaultdict[int, list[IdRange]] = defaultdict(list)
        repeated: defaultdict[int, list[IdRange]] = defaultdict(list)
        for day, read in enumerate((today, *earlier), TODAY):
            for batch in read():
                bots, updates = _integers(batch["bot_id"]), _integers(batch["update_id"])
                for bot in _distinct(bots).tolist():
                    ids = updates[bots == bot]
                    bounds[bot].append((int(ids.min()), int(ids.max())))
                    if day == TODAY:
                        repeated[bot] += _repeated(ids)
        found = {bot: merge_ranges(_overlaps(bounds[bot]) + repeated[bot]) for bot in bounds}
        return cls({bot: np.array(each, np.int64) for bot, each in found.items() if each})

    def among(self, bots: Integers, updates: Integers) -> npt.NDArray[np.bool_]:
        """Return which of some updates are suspects."""
        is_suspect = np.zeros(len(bots), np.bool_)
        for bot in _distinct(bots).tolist():
            if bot in self.ranges:
                firsts, lasts = self.ranges[bot].T
                here = np.flatnonzero(bots == bot)
                index = np.searchsorted(firsts, updates[here], side="right") - 1
                is_suspect[here] = (index >= 0) & (updates[here] <= lasts[index])
        return is_suspect

    def count(self, today: ReadRows) -> int:
        """Return the number of today's rows that are suspects."""
        keys = ((_integers(each["bot_id"]), _integers(each["update_id"])) for each in today())
        return sum(int(np.count_nonzero(self.among(*each))) for each in keys)


def _repeated(ids: Integers) -> list[IdRange]:
    """Return the ids that occur several times; if they are many, the range of all of them."""
    if (ids[1:] > ids[:-1]).all():
        return []
    ordered = np.sort(ids)
    repeated = _distinct(ordered[1:][ordered[1:] == ordered[:-1]]).tolist()
    if len(repeated) > MAX_REPEATED:
        return [(repeated[0], repeated[-1])]
    return [(each, each) for each in repeated]


def _overlaps(ranges: list[IdRange]) -> list[IdRange]:
    """Return the ids that are in two ranges or more."""
    found = []
    end = ranges[0][0] - 1
    for first, last in sorted(ranges):
        if first <= end:
            found.append((first, min(last, end)))
        end = max(last, end)
    return found


def _find_in_shard(
    today: ReadRows,
    earlier: Sequence[ReadRows],
    number: int,
    shards: int,
    suspects: _Suspects | None,
) -> tuple[Integers, Integers, Integers]:
    """Return the columns of the duplicates whose update_id belongs to one shard."""
    keys = _Keys.read(today, number, shards, suspects)
    kept_on = np.full(len(keys.bots), TODAY, np.int64)
    kept = keys.positions[keys.firsts]
    for day, read in enumerate(earlier):
        which, positions = keys.first_rows(read, kept_on == TODAY)
        kept_on[which], kept[which] = day, positions
    # A row is left out unless it is the first of its update, and no earlier day has one.
    is_left_out = np.ones(len(keys.positions), np.bool_)
    is_left_out[keys.firsts] = kept_on != TODAY
    group = keys.groups[is_left_out]
    return keys.positions[is_left_out], kept_on[group], kept[group]


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a shard of today's rows, by update; the first copy of each comes first."""

    positions: Integers
    groups: Integers
    """By row, the number of its update."""
    firsts: Integers
    """By update, the index of its first row."""
    bots: Integers
    updates: Integers

    @classmethod
    def read(cls, today: ReadRows, number: int, shards: int, suspects: _Suspects | None) -> Self:
        bots, updates, received, positions = _read_shard(today, number, shards, suspects)
        # The sort is stable, and rows come in the order of object_key and line.
        order = np.lexsort((received, updates, bots))
        bots, updates = bots[order], updates[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = (bots[1:] != bots[:-1]) | (updates[1:] != updates[:-1])
        firsts = np.flatnonzero(is_first)
        return cls(positions[order], np.cumsum(is_first) - 1, firsts, bots[firsts], updates[firsts])

    def first_rows(
        self, read: ReadRows, is_wanted: npt.NDArray[np.bool_]
    ) -> tuple[Integers, Integers]:
        """Return the wanted updates that an earlier day has, and the positions of their rows."""
        groups, received, positions = [_EMPTY], [_EMPTY], [_EMPTY]
        offset = 0
        for batch in read():
            ids, bots = _integers(batch["update_id"]), _integers(batch["bot_id"])
            group = self._groups_of(bots, ids)
            here = np.flatnonzero(group != TODAY)
            here = here[is_wanted[group[here]]]
            groups.append(group[here])
            received.append(_integers(batch["received_at"])[here])
            positions.append(here + offset)
            offset += batch.num_rows
        group, arrived, position = map(np.concatenate, (groups, received, positions))
        order = np.lexsort((position, arrived, group))
        group, position = group[order], position[order]
        is_first = np.ones(len(group), np.bool_)
        is_first[1:] = group[1:] != group[:-1]
        return group[is_first], position[is_first]

    def _groups_of(self, bots: Integers, updates: Integers) -> Integers:
        """Return the numbers of updates; -1 for those that are not among today's."""
        groups = np.full(len(bots), TODAY, np.int64)
        for bot in _distinct(bots):
            start, end = (np.searchsorted(self.bots, bot, side=side) for side in ("left", "right"))
            if start == end:
                continue
            own = self.updates[start:end]
            mine = np.flatnonzero((bots == bot) & (updates >= own[0]) & (updates <= own[-1]))
            index = np.searchsorted(own, updates[mine])
            is_same = own[index] == updates[mine]
            groups[mine[is_same]] = start + index[is_same]
        return groups


_EMPTY: Final = np.empty(0, np.int64)


def _read_shard(
    today: ReadRows, number: int, shards: int, suspects: _Suspects | None
) -> tuple[Integers, Integers, Integers, Integers]:
    """Return the KEY_COLUMNS of the rows that belong to a shard, and their positions."""
    parts = []
    offset = 0
    for batch in today():
        ids = _integers(batch["update_id"])
        is_here = (ids & (shards - 1)) == number
        if suspects:
            is_here &= suspects.among(_integers(batch["bot_id"]), ids)
        here = np.flatnonzero(is_here)
        columns = [_integers(batch[name])[here] for name in KEY_COLUMNS]
        parts.append((*columns, here + offset))
        offset += batch.num_rows
    bots, updates, received, positions = (
        np.concatenate([_EMPTY, *column])
        for column in (zip(*parts, strict=True) if parts else ((), (), (), ()))
    )
    return bots, updates, received, positions


def _integers(column: pa.Array) -> Integers:
    values: Integers = column.cast(pa.int64()).to_numpy()
    return values


def _distinct(values: Integers) -> Integers:
    """Return the distinct values, ascending: `np.unique` imports `numpy.ma` first, for 9 ms."""
    found: Integers = np.sort(values)
    if len(found):
        found = found[np.concatenate([[True], found[1:] != found[:-1]])]
    return found


def _as_arrow(values: npt.NDArray[np.integer[Any]], kind: pa.DataType) -> pa.Array:
    """Return the values without a copy; `pa.array` would look for pandas first, for 10 ms."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


# Copies with other content than the row that is kept


class PayloadHashes:
    """The hashes of the payloads at some positions, taken while the rows of a day are streamed."""

    def __init__(self, positions: Integers, hash_of: Callable[[bytes], int] | None = None) -> None:
        """Hash the payloads at `positions`: their bytes, unless `hash_of` is given."""
        self._positions = _distinct(positions)
        self._hashes = np.zeros(len(self._positions), np.uint64)
        self._hash_of = hash_of or _hash_bytes

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of the day as they are."""
        offset = done = 0
        for batch in batches:
            here = _within(self._positions, offset, batch.num_rows)
            if len(here):
                rows = _as_arrow(here - offset, pa.int64())
                payloads = batch["payload"].take(rows).to_pylist()
                self._hashes[done : done + len(here)] = list(map(self._hash_of, payloads))
                done += len(here)
            offset += batch.num_rows
            yield batch

    def at(self, positions: Integers) -> Hashes:
        """Return the hashes at some of the positions."""
        return self._hashes[np.searchsorted(self._positions, positions)]


def own_positions(duplicates: Duplicates) -> Integers:
    """Return the positions of today's rows that `conflicts` compares."""
    return np.concatenate([duplicates.positions, duplicates.kept[duplicates.kept_on == TODAY]])


def conflicts(
    duplicates: Duplicates,
    own: PayloadHashes,
    today: ReadRows,
    earlier: Sequence[ReadRows | None],
) -> Integers:
    """Return which duplicates have other content than the row that is kept instead, by number.

    `own` are the hashes at `own_positions`. `today` and `earlier` read the CONTENT_COLUMNS; None:
    the day has no payloads any more, so it is not compared. Bytes are compared first, then the JSON
    of those that differ.
    """
    is_readable = np.array([read is not None for read in earlier] + [True])
    which = np.flatnonzero(is_readable[duplicates.kept_on])
    for hash_of in (_hash_bytes, _hash_json):
        if not len(which):
            break
        left = duplicates.take(which)
        if hash_of is _hash_json:
            own = _read_hashes(today, own_positions(left), hash_of)
        kept = np.zeros(len(which), np.uint64)
        for day in _distinct(left.kept_on):
            is_here, read = left.kept_on == day, earlier[day] if day != TODAY else None
            hashes = own if read is None else _read_hashes(read, left.kept[is_here], hash_of)
            kept[is_here] = hashes.at(left.kept[is_here])
        which = which[own.at(left.positions) != kept]
    return which


def _read_hashes(
    read: ReadRows, positions: Integers, hash_of: Callable[[bytes], int]
) -> PayloadHashes:
    hashes = PayloadHashes(positions, hash_of)
    for _ in hashes.watch(read()):
        pass
    return hashes


def _hash_bytes(payload: bytes) -> int:
    return int.from_bytes(blake2b(payload, digest_size=HASH_BYTES).digest())


def _hash_json(payload: bytes) -> int:
    """Return the hash of a JSON value: the same whatever the spaces, escapes and order of keys."""
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _hash_bytes(payload)
    return _hash_bytes(msgspec.json.encode(value, order="sorted"))
