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
from tg_pipeline.questions.schema import QUESTIONS_SCHEMA

__all__ = [
    "DETECTED_SCHEMA",
    "QUESTIONS_SCHEMA",
    "SMALL_TALK_SCHEMA",
    "detect_questions",
    "detect_small_talk",
    "group_questions",
]


def group_questions(questions: pa.Table) -> pa.Table:
    """Return detected questions with their groups, in QUESTIONS_SCHEMA, in the same order.

    `questions` has all columns of QUESTIONS_SCHEMA but the groups, and `question`.
    """
    if not questions.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # scipy and scikit-learn take about a second to import; other users of marts need not wait.
    from tg_pipeline.questions.clustering import label_clusters  # noqa: PLC0415

    return label_clusters(questions).select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)
