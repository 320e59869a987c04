"""docs/questions.md: every query runs on the sample month, and is explained."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tg_pipeline.athena.saved_queries import ORIGINALS, original_query
from tg_pipeline_tests.athena.conftest import TIMEZONE, BuiltLake, to_duckdb

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"

NO_ANSWER_IS_GOOD = {"Are updates missing?", "What could not be read?"}
"""Questions whose answer is empty for a month without problems."""


OF_AN_ANSWERING_BOT = {
    "What does the bot not know?",
    "What does the bot say when it does not know?",
    "What did people ask again?",
    "What did the bot say last?",
    "Which calls fail?",
    "Why do they fail?",
    "How long does Telegram take?",
    "Where do people come from, and do they return?",
    "Who blocks the bot?",
}
"""Questions whose answer is empty for a month without recorded calls; those of
`marts/landed/test_helpful_bot.py` are."""


@dataclass(frozen=True)
class Question:
    title: str
    sql: str
    reading: str


def questions() -> list[Question]:
    sections = re.split(r"^### ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    parted = (
        re.match(r"(.+)\n\n```sql\n(.+?)\n```\n\n([^#]*)", each, re.DOTALL) for each in sections
    )
    return [Question(*found.groups()) for found in parted if found]


QUESTIONS = questions()


def test_every_section_has_a_query_and_an_explanation() -> None:
    assert len(QUESTIONS) == PAGE.read_text().count("\n### ")
    assert len(QUESTIONS) > 28
    assert all(len(question.reading.split()) >= 5 for question in QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title)
def test_a_query_has_rows_on_the_sample_month(sample: BuiltLake, question: Question) -> None:
    rows = sample.rows(question.sql)

    assert rows or question.title in NO_ANSWER_IS_GOOD | OF_AN_ANSWERING_BOT


def test_the_four_queries_of_the_original_are_the_saved_ones(sample: BuiltLake) -> None:
    on_the_page = QUESTIONS[-len(ORIGINALS) :]

    for question, name in zip(on_the_page, ORIGINALS, strict=True):
        in_athena = to_duckdb(original_query(name, TIMEZONE).sql)
        assert sample.rows(question.sql) == sample.rows(in_athena), name
