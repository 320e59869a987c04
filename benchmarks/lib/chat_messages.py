"""Messages to find questions in: labelled ones, and any number of generated ones.

The labelled messages have one half for tuning and one half held out, on different subjects: a
course, a bank and a conference; a shop, a gym, an apartment building and a free tool. The halves of
the everyday messages also differ in their subjects: neighbours, families, football; work, games,
travel. A question is a message that expects an answer, even if it only says "it does not work".
"""

import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tg_pipeline.questions.detection import MESSAGE_SCHEMA
from tg_pipeline.sample.content import CONTENT

FOLDER: Final = Path(__file__).parents[1] / "labelled"
HALVES: Final = ("tuning", "held_out")

MESSAGES: Final = "messages.csv"
EVERYDAY: Final = "group_messages.csv"
"""What people tell each other in groups, and a few reports of problems that ask for help."""

QUESTION_SHARE: Final = 0.4
"""Share of the generated messages that are questions."""

ALTERED_SHARE: Final = 0.3
"""Share of the questions that lose a character, and share of those with an additional word."""

CONSONANTS: Final = "b c d f g l m n p r s t v lh nh br tr pr".split()
MADE_UP_WORDS: Final = 200_000
WORDS_PER_QUESTION: Final = 5


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """A message of a chat, its language (pt, en or es), and whether it is a question."""

    text: str
    language: str
    is_question: bool


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question, and the number of the group of questions that mean the same."""

    text: str
    group: int


def read_messages(half: str, name: str = MESSAGES) -> list[LabelledMessage]:
    """Return the labelled messages of one half of a file."""
    rows = _read(name, half)
    return [
        LabelledMessage(row["text"], row["language"], row["is_question"] == "yes") for row in rows
    ]


def read_questions(*halves: str) -> list[LabelledQuestion]:
    """Return the labelled questions of some halves."""
    rows = [row for half in halves for row in _read("groups.csv", half)]
    return [LabelledQuestion(row["text"], int(row["group"])) for row in rows]


def chat() -> Iterator[str]:
    """Yield remarks and questions in varying words, some more frequent than others."""
    rng = random.Random(1)  # noqa: S311 - the same each time
    questions = [question.text for question in read_questions(*HALVES)]
    messages = [message for half in HALVES for message in read_messages(half)]
    remarks = [message.text for message in messages if not message.is_question]
    words = " ".join(questions).split()
    weights = [1 / (rank + 10) for rank in range(len(questions))]
    while True:
        if rng.random() > QUESTION_SHARE:
            yield rng.choice(remarks)
        else:
            yield _altered(rng, rng.choices(questions, weights)[0], words)


def distinct_questions() -> Iterator[str]:
    """Yield questions that all differ, in made-up words: the hardest case."""
    rng = random.Random(1)  # noqa: S311 - the same each time
    syllables = [first + vowel for first in CONSONANTS for vowel in "aeiou"]
    words = ["".join(rng.choices(syllables, k=rng.randrange(2, 5))) for _ in range(MADE_UP_WORDS)]
    while True:
        ranks = (int(MADE_UP_WORDS ** rng.random()) - 1 for _ in range(WORDS_PER_QUESTION))
        yield f"como faço {' '.join(words[rank] for rank in ranks)}?"


def write_messages(path: Path, count: int, texts: Callable[[], Iterator[str]]) -> None:
    """Write `count` messages of one chat, a second apart."""
    numbers = pa.array(range(count), pa.int64())
    sent_at = numbers.cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("us", "UTC"))
    ones = pa.repeat(pa.scalar(1, pa.int64()), count)
    columns = {field.name: pa.nulls(count, field.type) for field in MESSAGE_SCHEMA}
    columns |= {"bot_id": ones, "is_copy": pa.repeat(pa.scalar(value=False), count)}
    columns |= {"chat_id": ones, "chat_id_then": ones, "message_id": numbers, "user_id": numbers}
    columns |= {"kind": pa.repeat("message", count), "sent_at": sent_at}
    columns["text"] = pa.array(islice(texts(), count), pa.string())
    pq.write_table(pa.table(columns, MESSAGE_SCHEMA), path)


def _altered(rng: random.Random, text: str, words: list[str]) -> str:
    text = rng.choice(CONTENT.openers) + text + rng.choice(CONTENT.closers)
    if rng.random() < ALTERED_SHARE:
        removed = rng.randrange(len(text))
        text = text[:removed] + text[removed + 1 :]
    return f"{text} {rng.choice(words)}" if rng.random() < ALTERED_SHARE else text


def _read(name: str, half: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == half]
