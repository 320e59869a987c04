"""The questions and the small talk among messages, and clusters of questions that mean the same.

`detection` selects them by patterns per language and by `question_model`, `vectors` turns questions
into vectors, and `clustering` joins similar vectors into groups.
"""

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
    "QUESTIONS_SCHEMA",
    "SMALL_TALK_SCHEMA",
    "detect_questions",
    "detect_small_talk",
    "NO_TOPICS",
    "OperatorTopics",
    "TopicsError",
    "group_questions",
]


def group_questions(
    questions: pa.Table, *, meanings: str = "", topics: OperatorTopics = NO_TOPICS
) -> pa.Table:
    """Return detected questions with their groups and topics, in QUESTIONS_SCHEMA, in this order.

    `questions` has all columns of QUESTIONS_SCHEMA but these, and `question`. `meanings` is the
    encoder to use, which must be installed; empty for none.
    """
    if not questions.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # scipy and scikit-learn take about a second to import; other users of marts need not wait.
    from tg_pipeline.questions.labelling import label_clusters  # noqa: PLC0415
    from tg_pipeline.questions.meanings import encode  # noqa: PLC0415

    labelled = label_clusters(questions, encode if meanings else None, topics)
    return labelled.select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)
