"""Messages to look for questions in."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from tg_pipeline.marts.questions import find_questions

LABELLED = Path(__file__).parents[3] / "benchmarks" / "labelled"
FIRST = datetime(2026, 10, 1, 12, tzinfo=UTC)

MESSAGES = pa.schema(
    {
        "bot_id": pa.int64(),
        "kind": pa.string(),
        "chat_id": pa.int64(),
        "message_id": pa.int64(),
        "user_id": pa.int64(),
        "sent_at": pa.timestamp("us", "UTC"),
        "text": pa.string(),
    }
)


def messages(*texts: str | None, bot_id: int = 1) -> pa.Table:
    """Texts as messages of one chat, a minute apart."""
    rows = [
        (bot_id, "message", 5, number, 7, FIRST + timedelta(minutes=number), text)
        for number, text in enumerate(texts)
    ]
    columns = [dict(zip(MESSAGES.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(columns, MESSAGES)


def questions(*texts: str | None) -> list[str]:
    """What is asked among texts."""
    found: list[str] = find_questions(messages(*texts))["text"].to_pylist()
    return found


def groups(found: pa.Table) -> list[set[str]]:
    """The texts of each group, the largest group first."""
    members: dict[int, set[str]] = defaultdict(set)
    for group, text in zip(found["group_id"].to_pylist(), found["text"].to_pylist(), strict=True):
        members[group].add(text)
    return [members[group] for group in sorted(members) if group >= 0]


def held_out(name: str) -> list[dict[str, str]]:
    """The labelled rows of a file that nothing was tuned on."""
    with (LABELLED / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == "held_out"]
