"""Quality and cost of finding and clustering questions.

python benchmarks/questions.py --messages 100000 1000000 --sets FOLDER

FOLDER has third-party sets of questions with their intents: each file, or folder of files, is one.
A .csv has a column text (or sentence, question, utterance, query) and one intent (or label,
category, class); a .json a list of [text, intent] or of {"text": ..., "intent": ...}, or an object
with such lists; a .md has Rasa's headings "## intent:..." with lists of examples; a .yml has Rasa's
"nlu". Intents of small talk, and none, are left out.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.chat_messages import chat, distinct_questions, write_messages
from lib.measure import FreshProcess, run_fresh
from lib.output import megabytes, show, spinner
from tg_pipeline.questions import detect_questions, group_questions, installed_encoder

KINDS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "a chat": chat,
    "distinct questions": distinct_questions,
}


class Found(NamedTuple):
    """The number of questions, and of groups of two or more of them."""

    questions: int
    groups: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--sets", type=Path, help="a folder of third-party sets")
    arguments = parser.parse_args()
    costs = cost_rows(arguments.messages)
    # Child processes import this module: what only the scores need must not count as their memory.
    from lib.question_scores import (  # noqa: PLC0415
        cluster_rows,
        detection_rows,
        everyday_rows,
        language_rows,
        small_talk_rows,
        third_party_detection_rows,
    )
    from lib.third_party_sets import read_sets  # noqa: PLC0415
    from lib.topic_scores import topic_rows  # noqa: PLC0415

    show("Detection", ["half, language", "by", "precision", "recall"], detection_rows())
    heads = ["half, language", "by", "statements taken for questions", "questions found"]
    show("Everyday messages of groups", heads, everyday_rows())
    show("Language of questions", ["half", "correct"], language_rows())
    show("Clusters", ["half", "by", "V-measure", "ARI"], cluster_rows())
    if arguments.sets:
        heads = ["set", "by", "precision", "recall"]
        show("Detection in third-party sets", heads, third_party_detection_rows(arguments.sets))
        show("Small talk in third-party sets", heads, small_talk_rows(arguments.sets))
        heads = ["set", "texts / intents", "by", "ARI", "V-measure", "of 10 most asked, shown"]
        show("Topics of third-party sets", heads, list(topic_rows(read_sets(arguments.sets))))
    heads = ["messages", "", "questions", "groups", "CPU seconds", "peak memory"]
    show("Cost, in a process of its own", heads, costs)


def cost_rows(counts: list[int]) -> list[list[str]]:
    """Return the cost, by number and kind of messages."""
    rows = []
    with TemporaryDirectory() as folder, spinner() as announce:
        path = Path(folder) / "messages.parquet"
        for count in counts:
            for name, texts in KINDS.items():
                announce(f"{count:,} messages, {name}")
                run_fresh(write_messages, path, count, texts)
                rows.append([f"{count:,}", name, *_cost(path)])
    return rows


def read_and_find(path: Path) -> Found:
    """Read messages and find the questions among them."""
    questions = detect_questions(pq.read_table(path))
    found = group_questions(questions, meanings=installed_encoder())
    return Found(found.num_rows, (pc.max(found["group_id"]).as_py() or 0) + 1)


def _cost(path: Path) -> list[str]:
    with FreshProcess() as process:
        done = process.run(read_and_find, path)
        found, peak = done.result, process.peak()
    return [f"{found.questions:,}", f"{found.groups:,}", f"{done.cpu:.1f}", megabytes(peak)]


if __name__ == "__main__":
    main()
