"""What people ask: the questions among messages, and those of them that mean the same."""

from tg_pipeline.marts.questions.finding import find_questions
from tg_pipeline.marts.questions.schema import QUESTIONS_SCHEMA

__all__ = ["QUESTIONS_SCHEMA", "find_questions"]
