"""Messages of a chat as input for the detection of questions."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tg_pipeline.questions import detect_questions, group_questions, installed_encoder
from tg_pipeline.questions.detection import MESSAGE_SCHEMA

LABELLED = Path(__file__).parents[2] / "benchmarks" / "labelled"
FIRST = datetime(2026, 10, 1, 12, tzinfo=UTC)


needs_encoder = pytest.mark.skipif(
    not installed_encoder(), reason="The extra `meanings` is not installed."
)


def find_questions(messages: pa.Table) -> pa.Table:
    """Return the questions among messages, with their groups and topics."""
    return group_questions(detect_questions(messages))


def messages(
    *texts: str | None,
    bot_id: int = 1,
    command: str | None = None,
    is_addressed: bool = False,
    is_asked_for: bool = False,
) -> pa.Table:
    """Return texts as messages of one chat, a minute apart; `command` is not part of the texts."""
    rows = [
        {
            "bot_id": bot_id,
            "is_copy": False,
            "kind": "message",
            "chat_id": 5,
            "chat_id_then": 5,
            "message_id": number,
            "user_id": 7,
            "sent_at": FIRST + timedelta(minutes=number),
            "text": text,
            "command": command,
            "is_addressed": is_addressed,
            "is_asked_for": is_asked_for,
        }
        for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, MESSAGE_SCHEMA)


def questions(*texts: str | None) -> list[str]:
    found: list[str] = find_questions(messages(*texts))["text"].to_pylist()
    return found


def groups(found: pa.Table) -> list[set[str]]:
    """Return the texts of each group, the largest group first."""
    members: dict[int, set[str]] = defaultdict(set)
    for group, text in zip(found["group_id"].to_pylist(), found["text"].to_pylist(), strict=True):
        members[group].add(text)
    return [members[group] for group in sorted(members) if group >= 0]


def held_out(name: str) -> list[dict[str, str]]:
    """Return the labelled rows of a file that were not used for tuning."""
    with (LABELLED / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == "held_out"]
