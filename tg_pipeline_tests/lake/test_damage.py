"""One changed bit: no reader returns other rows, and `verify` finds it wherever it is."""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tg_pipeline.lake.landing_state import (
    READ_OBJECTS,
    ReadListing,
    read_state,
    state_key,
    write_state,
)
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake, partition_key
from tg_pipeline.storage.parquet import HAS_CHECKSUMS
from tg_pipeline_tests.stores import DAY, KEY, NEXT_DAY, users, write

TABLE = "enriched_updates"
SEED = 20_261_107
SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("payload", pa.binary()),
        ("text", pa.string()),
        ("links", pa.list_(pa.string())),
        ("at", pa.timestamp("us", tz="UTC")),
        ("is_edited", pa.bool_()),
    ]
)


SMALL_SCHEMA = pa.schema([SCHEMA.field(name) for name in ("user_id", "links")])
"""Every bit of its file can be tried: most of a small file is what the footer says per column."""


def write_rows(lake: Lake, count: int, schema: pa.Schema = SCHEMA) -> list[dict[str, object]]:
    """Write rows, by default of every kind of column, with nulls; return them."""
    draw = random.Random(SEED)  # noqa: S311 - reproducible rows
    rows = [
        {
            "user_id": draw.choice([None, *range(9)]),
            "payload": draw.randbytes(12),
            "text": draw.choice(["olá", "bom dia", None]),
            "links": ["https://example.com"] * draw.randrange(3),
            "at": draw.randrange(10**15),
            "is_edited": draw.random() < 0.5,
        }
        for _ in range(count)
    ]
    with lake.writer(TABLE, DAY, schema) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, schema))
        writer.commit(built_from="the day before", timezone="UTC")
    return read(lake)


def read(lake: Lake) -> list[dict[str, object]]:
    with lake.open(TABLE, DAY) as partition:
        return [row for batch in partition.batches() for row in batch.to_pylist()]


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def unnoticed(lake: Lake, bits: Iterator[int]) -> list[str]:
    """Flip each bit alone; return those that change what is read, or that `verify` misses."""
    assert lake.folder
    path = lake.folder / partition_key(TABLE, DAY)
    content, rows, footer = path.read_bytes(), read(lake), lake.footer(TABLE, DAY)
    found = []
    for bit in bits:
        flip(path, bit)
        try:
            if read(lake) != rows:
                found.append(f"bit {bit}: other rows")
        except DamagedPartitionError:
            pass
        if (lake.footer(TABLE, DAY) or footer) != footer:
            found.append(f"bit {bit}: another footer")
        for check in (verify, open_files):
            try:
                check(lake)
                found.append(f"bit {bit}: not found by {check.__name__}")
            except DamagedPartitionError:
                pass
        path.write_bytes(content)
        lake.unmark(TABLE, DAY)
    return found


def verify(lake: Lake) -> None:
    lake.verify(TABLE, DAY)


def open_files(lake: Lake) -> None:
    with lake.files(TABLE, [DAY]):
        pass


def test_a_flipped_bit_is_never_read_as_other_rows_and_always_found(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    written = write_rows(lake, 400)
    bits = (tmp_path / partition_key(TABLE, DAY)).stat().st_size * 8
    draw = random.Random(SEED)  # noqa: S311 - reproducible bits

    assert unnoticed(lake, (draw.randrange(bits) for _ in range(60))) == []
    assert read(lake) == written


@pytest.mark.slow
def test_a_flipped_bit_in_any_byte_of_a_small_file_is_found(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    write_rows(lake, 12, SMALL_SCHEMA)
    bits = (tmp_path / partition_key(TABLE, DAY)).stat().st_size * 8

    # A step without a divisor in common with eight: all bytes, and all eight places of a bit.
    assert unnoticed(lake, iter(range(0, bits, 7))) == []


@pytest.mark.parametrize("size", [0, 3, 11, 12, 500, -1])
def test_a_file_that_is_cut_off_names_table_day_path_and_remedy(lake: Lake, size: int) -> None:
    write(lake, *range(100))
    content = bytes(obstore.get(lake.store, KEY).bytes())
    obstore.put(lake.store, KEY, content[:size])

    with pytest.raises(DamagedPartitionError) as caught:
        users(lake)

    message = str(caught.value)
    assert message.startswith(f"raw_updates of {DAY} is damaged, ")
    assert f"tg-pipeline run --date {DAY} rebuilds it" in message
    assert KEY in message
    with pytest.raises(DamagedPartitionError):
        lake.footer_or_raise("raw_updates", DAY)
    with pytest.raises(DamagedPartitionError):
        lake.verify("raw_updates", DAY)


def test_a_marked_partition_is_unreadable_until_it_is_replaced(lake: Lake, uri: str) -> None:
    for day in (DAY, NEXT_DAY):
        write(lake, 1, day=day)

    lake.mark_damaged("raw_updates", DAY)

    for view in (lake, Lake(uri)):
        assert view.footer("raw_updates", DAY) is None
        assert users(view, NEXT_DAY) == [1]
        with pytest.raises(DamagedPartitionError):
            users(view)
        with pytest.raises(DamagedPartitionError), view.files("raw_updates", [DAY]):
            pass
    write(lake, 2)
    assert users(lake) == users(Lake(uri)) == [2]


def test_a_file_without_checksums_is_read_and_searched_for_rows_that_can_t_be(
    tmp_path: Path,
) -> None:
    lake, day = Lake(tmp_path.as_uri()), date(2026, 1, 1)
    path = tmp_path / partition_key(TABLE, day)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"user_id": list(range(50))}), path)

    lake.verify(TABLE, day)
    footer = lake.footer(TABLE, day)
    assert footer
    assert HAS_CHECKSUMS not in footer.metadata
    path.write_bytes(path.read_bytes().replace(b"PAR1", b"PAR1", 1)[:60] + b"\0" * 200)
    with pytest.raises(DamagedPartitionError):
        lake.verify(TABLE, day)


def test_other_programs_read_a_file_with_checksums(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    lake = Lake(tmp_path.as_uri())
    rows = write_rows(lake, 50)
    path = tmp_path / partition_key(TABLE, DAY)

    assert pq.read_table(path, partitioning=None).to_pylist() == rows
    users = duckdb.read_parquet(str(path)).project("user_id").fetchall()
    assert users == [(row["user_id"],) for row in rows]


def test_a_flipped_bit_in_a_listing_is_never_read_as_other_objects(lake: Lake) -> None:
    draw = random.Random(SEED)  # noqa: S311 - reproducible bits
    listing = ReadListing("of objects", 2, "of rows")
    columns = {name: pa.nulls(2, READ_OBJECTS.field(name).type) for name in READ_OBJECTS.names}
    columns |= {"object_key": pa.array(["a", "b"]), "size": pa.array([1, 2])}
    write_state(lake, DAY, listing, pa.table(columns, schema=READ_OBJECTS))
    whole = read_state(lake, DAY)
    assert whole
    content = bytes(obstore.get(lake.store, state_key(DAY)).bytes())

    for _ in range(300):
        bit, changed = draw.randrange(len(content) * 8), bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        obstore.put(lake.store, state_key(DAY), bytes(changed))
        found = read_state(lake, DAY)
        assert found is None or (found[0], found[1].to_pylist()) == (listing, whole[1].to_pylist())
