"""The questions among messages, and clusters of those that mean the same.

`detection` selects the questions by patterns per language, `vectors` turns them into vectors, and
`clustering` joins similar vectors into groups.
"""

import pyarrow as pa

from tg_pipeline.questions.detection import detect_questions
from tg_pipeline.questions.schema import QUESTIONS_SCHEMA

__all__ = ["QUESTIONS_SCHEMA", "find_questions"]


def find_questions(messages: pa.Table) -> pa.Table:
    """Return one row per question, in QUESTIONS_SCHEMA, in the order in which they were asked.

    `messages` has the columns of `detection.MESSAGE_SCHEMA`; the order of its rows does not matter.
    """
    questions = detect_questions(messages)
    if not questions.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # scipy and scikit-learn take about a second to import; other users of marts need not wait.
    from tg_pipeline.questions.clustering import label_clusters  # noqa: PLC0415

    return label_clusters(questions).select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)
