"""Any number of messages, some of which ask: as people do, or each in other words."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from labelled_questions import HALVES, read_messages, read_questions

from tg_pipeline.sample.content import CLOSERS, OPENERS

ASKING: Final = 0.4
"""Share of the messages that ask."""

ALTERED: Final = 0.3
"""Shares of the questions that lose a letter, and that hold one word more."""

CONSONANTS: Final = "b c d f g l m n p r s t v lh nh br tr pr".split()
MADE_UP: Final = 200_000
WORDS: Final = 5
"""Words that are made up, and how many of them stand in a question."""


def people() -> Iterator[str]:
    """Give what people say: remarks and questions in changing words, some more than others."""
    chance = random.Random(1)  # noqa: S311 - the same each time
    questions = [question.text for question in read_questions(*HALVES)]
    messages = [message for half in HALVES for message in read_messages(half)]
    remarks = [message.text for message in messages if not message.is_question]
    words = " ".join(questions).split()
    places = [1 / (rank + 10) for rank in range(len(questions))]
    while True:
        if chance.random() > ASKING:
            yield chance.choice(remarks)
        else:
            asked = chance.choices(questions, places)[0]
            yield _altered(chance, asked, words)


def strangers() -> Iterator[str]:
    """Give questions that all differ, in a made-up language: as hard as it can be."""
    chance = random.Random(1)  # noqa: S311 - the same each time
    syllables = [first + then for first in CONSONANTS for then in "aeiou"]
    made_up = ["".join(chance.choices(syllables, k=chance.randrange(2, 5))) for _ in range(MADE_UP)]
    while True:
        ranks = (int(MADE_UP ** chance.random()) - 1 for _ in range(WORDS))
        yield f"como faço {' '.join(made_up[rank] for rank in ranks)}?"


def write_messages(path: Path, count: int, said: Callable[[], Iterator[str]]) -> None:
    """Write so many messages of one chat, a second apart."""
    numbers = pa.array(range(count), pa.int64())
    sent_at = numbers.cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("us", "UTC"))
    ones = pa.repeat(pa.scalar(1, pa.int64()), count)
    columns = {"bot_id": ones, "chat_id": ones, "message_id": numbers, "user_id": numbers}
    columns |= {"kind": pa.repeat("message", count), "sent_at": sent_at}
    columns["text"] = pa.array(islice(said(), count), pa.string())
    pq.write_table(pa.table(columns), path)


def _altered(chance: random.Random, asked: str, words: list[str]) -> str:
    asked = chance.choice(OPENERS) + asked + chance.choice(CLOSERS)
    if chance.random() < ALTERED:
        lost = chance.randrange(len(asked))
        asked = asked[:lost] + asked[lost + 1 :]
    return f"{asked} {chance.choice(words)}" if chance.random() < ALTERED else asked
