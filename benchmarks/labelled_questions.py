"""Messages and questions with labels, in a half to tune on and a half that is held out.

The halves talk of different things: a course, a bank and a conference; a shop, a gym, a block of
flats and a free tool. A question is what an answer is expected to, be it only "it does not work".
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "labelled"
HALVES: Final = ("tuning", "held_out")


@dataclass(frozen=True, slots=True)
class Message:
    """Something said in a chat, in pt, en or es, and whether it asks."""

    text: str
    language: str
    is_question: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the group of those that mean the same."""

    text: str
    group: int


def read_messages(half: str) -> list[Message]:
    """Give one half's messages."""
    rows = _read("messages.csv", half)
    return [Message(row["text"], row["language"], row["is_question"] == "yes") for row in rows]


def read_questions(*halves: str) -> list[Question]:
    """Give the questions of some halves."""
    rows = [row for half in halves for row in _read("groups.csv", half)]
    return [Question(row["text"], int(row["group"])) for row in rows]


def _read(name: str, half: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == half]
