"""Quality of the answers that the marts find, against human labels of who replies to whom.

python benchmarks/answers.py FOLDER…

Each folder has logs in the format of irc-disentanglement, such as its data/dev and data/test. The
logs are read as a Telegram chat in which nobody uses replies, and as one in which every second
labelled reply is one.
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from lib.chat_logs import ChatLog, payload, read_logs, updates
from lib.days import temporary_place
from lib.output import show, spinner
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.updates import enrich
from tg_pipeline.layers.schema import TIMESTAMP
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS
from tg_pipeline.marts.cumulative import ANSWERS, MESSAGES, QUESTIONS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.sample import SAMPLE_BOT_ID

VARIANTS: Final = {"no replies": 0, "every second reply": 2}
"""One in so many labelled replies is a Telegram reply."""

BY_NEXT_MESSAGE: Final = """
    SELECT
        questions.chat_id,
        questions.message_id,
        coalesce(
            min(messages.message_id)
                FILTER (WHERE messages.reply_to_message_id = questions.message_id),
            min(messages.message_id) FILTER (
                WHERE messages.sent_at <= questions.sent_at + INTERVAL 1 HOUR
                AND messages.reply_to_message_id IS NULL
                AND messages.command IS NULL
                AND others.message_id IS NULL
                AND messages.message_id IS NOT NULL
            )
        ) AS answer_message_id,
        CASE WHEN answer_message_id IS NULL THEN 'unanswered' ELSE 'answered' END AS outcome
    FROM questions
    LEFT JOIN messages
        ON questions.chat_id = messages.chat_id
        AND questions.message_id < messages.message_id
        AND questions.user_id <> messages.speaker_id
    LEFT JOIN questions AS others
        ON messages.chat_id = others.chat_id AND messages.message_id = others.message_id
    GROUP BY questions.chat_id, questions.message_id
"""
"""The former rule: the first reply, or else the next message of somebody else within an hour."""

BY_EVIDENCE: Final = """
    SELECT chat_id, message_id, answer_message_id, outcome FROM answers WHERE is_question
"""

RULES: Final = {"the next message": BY_NEXT_MESSAGE, "evidence": BY_EVIDENCE}

PLACEBO: Final = """
    SELECT avg(CAST(outcome = 'answered' AS int)) FROM answers WHERE NOT is_question
"""

HEADS: Final = [
    *("logs, rule", "questions", "replied to", "answered", "unknown", "precision", "recall"),
    *("answered though nobody replied", "placebo answered"),
]


@dataclass(slots=True)
class Score:
    """The counts of questions in the labelled part of the logs."""

    questions: int = 0
    replied_to: int = 0
    answered: int = 0
    unknown: int = 0
    correct: int = 0
    """Of the answered, those whose answer is one of the replies."""
    wrongly_answered: int = 0
    """Of those that nobody replied to, the answered ones."""

    def add(self, outcome: str, answer: int | None, replies: set[int]) -> None:
        """Count a question."""
        self.questions += 1
        self.replied_to += bool(replies)
        self.answered += outcome == "answered"
        self.unknown += outcome == "unknown"
        self.correct += answer in replies
        self.wrongly_answered += outcome == "answered" and not replies

    def cells(self) -> list[str]:
        """Return the figures of a row of the table."""
        return [
            f"{self.questions:,}",
            _percent(self.replied_to, self.questions),
            _percent(self.answered, self.questions),
            _percent(self.unknown, self.questions),
            _percent(self.correct, self.answered),
            _percent(self.correct, self.replied_to),
            f"{self.wrongly_answered:,} of {self.questions - self.replied_to:,}",
        ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    rows = []
    with spinner() as announce:
        for folder in parser.parse_args().folders:
            logs = read_logs(folder)
            for variant, reply_every in VARIANTS.items():
                announce(f"{folder.name}, {variant}")
                scores, placebo = measure(logs, reply_every)
                rows += [
                    [f"{folder.name}, {variant}: {rule}", *score.cells(), ""]
                    for rule, score in scores.items()
                ]
                rows[-1][-1] = f"{placebo:.0%}"
    show("Answers, against human labels", HEADS, rows)


def measure(logs: list[ChatLog], reply_every: int) -> tuple[dict[str, Score], float]:
    """Return the score of each rule, and the share of the placebo that seems to be answered."""
    with temporary_place() as place, duckdb.connect() as connection:
        lake = Lake(place.lake_uri)
        _write_updates(lake, logs, reply_every)
        with mart_builder(lake, MartParameters("UTC")) as builder:
            for mart in CUMULATIVE_MARTS:
                builder.build(mart)
        for mart in (MESSAGES, QUESTIONS, ANSWERS):
            table = f"{place.folder}/lake/{mart.name}/**/*.parquet"
            connection.read_parquet(table).create(mart.name)
        scores = {rule: _score(connection, query, logs) for rule, query in RULES.items()}
        ((placebo,),) = connection.execute(PLACEBO).fetchall()
    return scores, placebo or 0


def _score(connection: duckdb.DuckDBPyConnection, query: str, logs: list[ChatLog]) -> Score:
    score, by_chat = Score(), {log.chat_id: log for log in logs}
    replies = {log.chat_id: log.replies() for log in logs}
    for chat_id, message_id, answer_id, outcome in connection.execute(query).fetchall():
        number = message_id - 1
        if number in by_chat[chat_id].labelled:
            answer = None if answer_id is None else answer_id - 1
            score.add(outcome, answer, replies[chat_id].get(number, set()))
    return score


def _write_updates(lake: Lake, logs: list[ChatLog], reply_every: int) -> None:
    """Write enriched_updates of all logs."""
    days: dict[date, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for log in logs:
        for at, update in updates(log, reply_every):
            days[at.date()].append((at, update))
    for day, some in days.items():
        with lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output:
            output.write(enrich(_deduped(some)))
            output.commit()


def _deduped(some: list[tuple[datetime, dict[str, Any]]]) -> pa.RecordBatch:
    """Return the columns of deduped_updates that enriched_updates is built from."""
    return pa.record_batch(
        {
            "bot_id": pa.array([SAMPLE_BOT_ID] * len(some), pa.int64()),
            "update_id": pa.array([update["update_id"] for _, update in some], pa.int64()),
            "update_type": pa.array(["message"] * len(some), pa.string()),
            "received_at": pa.array([at for at, _ in some], TIMESTAMP),
            "payload": pa.array([payload(update) for _, update in some], pa.binary()),
        }
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


if __name__ == "__main__":
    main()
