"""Cost of the checksums of Parquet files, in bytes and CPU time, as ratios of medians.

python benchmarks/checksums.py --rows 200000 --rounds 7
"""

import argparse
import random
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tg_pipeline.storage.parquet import ParquetWriter, check_checksums, open_file, read_batches

SEED: Final = 1
BATCH_ROWS: Final = 1_000
WORDS: Final = [f"word{number}" for number in range(5_000)]

SCHEMA: Final = pa.schema(
    [("user_id", pa.int64()), ("update_id", pa.int64()), ("payload", pa.binary())]
)


def main() -> None:
    """Measure and print."""
    options = _options()
    batches = make_batches(options.rows)
    with TemporaryDirectory() as folder:
        sealed, plain = Path(folder, "sealed"), Path(folder, "plain")
        write_sealed(sealed, batches)
        write_plain(plain, sealed, batches)
        times = measure(
            {
                "write with": lambda: write_sealed(sealed, batches),
                "write without": lambda: write_plain(plain, sealed, batches),
                "read with": lambda: read(sealed),
                "read without": lambda: read_plain(sealed),
                "compare all bytes": lambda: check(sealed),
            },
            options.rounds,
        )
        size = sealed.stat().st_size
        print(f"bytes: {size:,}, {size / plain.stat().st_size - 1:+.3%}")
        for name, seconds in times.items():
            print(f"{name}: {seconds * 1e3:.1f} ms of CPU")
        print(f"write: {times['write with'] / times['write without'] - 1:+.1%}")
        print(f"read: {times['read with'] / times['read without'] - 1:+.1%}")
        print(f"compare: {times['compare all bytes'] / times['read without']:.1%} of a read")


def make_batches(rows: int) -> list[pa.RecordBatch]:
    """Return rows that compress like updates do."""
    draw = random.Random(SEED)  # noqa: S311 - reproducible rows

    def payload() -> bytes:
        return " ".join(draw.choices(WORDS, k=60)).encode()

    return [
        pa.record_batch(
            [
                pa.array([draw.randrange(5_000) for _ in range(BATCH_ROWS)], pa.int64()),
                pa.array(range(first, first + BATCH_ROWS), pa.int64()),
                pa.array([payload() for _ in range(BATCH_ROWS)], pa.binary()),
            ],
            schema=SCHEMA,
        )
        for first in range(0, rows, BATCH_ROWS)
    ]


def write_sealed(path: Path, batches: list[pa.RecordBatch]) -> None:
    """Write a file as the pipeline does."""
    with ParquetWriter(path, SCHEMA) as writer:
        for batch in batches:
            writer.write(batch)
        writer.close({})


def write_plain(path: Path, like: Path, batches: list[pa.RecordBatch]) -> None:
    """Write the same rows with the same encodings, without checksums."""
    groups, first = pq.read_metadata(like), 0
    table = pa.Table.from_batches(batches, SCHEMA)
    with pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        compression_level=3,
        use_dictionary=[],
        column_encoding=dict.fromkeys(("user_id", "update_id"), "DELTA_BINARY_PACKED"),
        bloom_filter_options={"user_id": {"ndv": 8_192, "fpp": 0.05}},
    ) as writer:
        for number in range(groups.num_row_groups):
            rows = groups.row_group(number).num_rows
            writer.write_table(table.slice(first, rows).combine_chunks(), row_group_size=rows)
            first += rows


def read(path: Path) -> None:
    """Read all rows as the pipeline does."""
    with path.open("rb") as source:
        for _ in read_batches(open_file(source, pre_buffer=False), None, BATCH_ROWS):
            pass


def read_plain(path: Path) -> None:
    """Read all rows without comparing checksums."""
    with path.open("rb") as source:
        file = pq.ParquetFile(source)
        for group in range(file.num_row_groups):
            for _ in file.iter_batches(BATCH_ROWS, row_groups=[group]):
                pass


def check(path: Path) -> None:
    """Compare all bytes with the seal."""
    with path.open("rb") as source:
        check_checksums(source)


def measure(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of each work, which take turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = process_time()
            work()
            times[name].append(process_time() - started)
    return {name: median(each) for name, each in times.items()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
