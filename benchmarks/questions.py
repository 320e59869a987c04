"""How well questions are found and grouped, and what it costs.

python benchmarks/questions.py --messages 100000 1000000
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq
from asked_messages import people, strangers, write_messages
from measure import FreshProcess, run_fresh
from screen import megabytes, show, spinner

from tg_pipeline.marts.questions import find_questions

KINDS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "as people talk": people,
    "all ask, all differ": strangers,
}


class Found(NamedTuple):
    """How many questions were found, and in how many groups of two or more."""

    questions: int
    groups: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, nargs="*", default=[100_000, 1_000_000])
    costs = cost_rows(parser.parse_args().messages)
    # What this process imports, those it starts import too: scikit-learn only when they are done.
    from question_scores import found_rows, group_rows, language_rows  # noqa: PLC0415

    show("Questions found", ["half, language", "by", "precision", "recall"], found_rows())
    show("Languages of questions told", ["half", "right"], language_rows())
    show("Questions grouped", ["half", "by", "V-measure", "ARI"], group_rows())
    heads = ["messages", "", "questions", "groups", "CPU seconds", "peak memory"]
    show("What it costs, in a process of its own", heads, costs)


def cost_rows(counts: list[int]) -> list[list[str]]:
    """Give what finding costs, by number and kind of messages."""
    rows = []
    with TemporaryDirectory() as folder, spinner() as announce:
        path = Path(folder) / "messages.parquet"
        for count in counts:
            for name, said in KINDS.items():
                announce(f"{count:,} messages, {name}")
                run_fresh(write_messages, path, count, said)
                rows.append([f"{count:,}", name, *_cost(path)])
    return rows


def _cost(path: Path) -> list[str]:
    with FreshProcess() as process:
        done = process.run(read_and_find, path)
        found, peak = done.result, process.peak()
    return [f"{found.questions:,}", f"{found.groups:,}", f"{done.cpu:.1f}", megabytes(peak)]


def read_and_find(path: Path) -> Found:
    """Read messages, find the questions among them."""
    found = find_questions(pq.read_table(path))
    return Found(found.num_rows, (pc.max(found["group_id"]).as_py() or 0) + 1)


if __name__ == "__main__":
    main()
