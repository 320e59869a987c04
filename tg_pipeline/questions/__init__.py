"""The questions among messages, and clusters of those that mean the same.

`detection` selects the questions by patterns per language, `vectors` turns them into vectors, and
`clustering` joins similar vectors into groups.
"""

import pyarrow as pa

from tg_pipeline.questions.detection import DETECTED_SCHEMA, detect_questions
from tg_pipeline.questions.schema import QUESTIONS_SCHEMA

__all__ = ["DETECTED_SCHEMA", "QUESTIONS_SCHEMA", "detect_questions", "group_questions"]


def group_questions(questions: pa.Table) -> pa.Table:
    """Return detected questions with their groups, in QUESTIONS_SCHEMA, in the same order.

    `questions` has all columns of QUESTIONS_SCHEMA but the groups, and `question`.
    """
    if not questions.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # scipy and scikit-learn take about a second to import; other users of marts need not wait.
    from tg_pipeline.questions.clustering import label_clusters  # noqa: PLC0415

    return label_clusters(questions).select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)
