"""The lineage of marts is read from a file, and derived where the file is about another query."""

from dataclasses import replace

from tg_pipeline.marts.cumulative import QUESTIONS
from tg_pipeline.marts.lineage import column_origins
from tg_pipeline.marts.origins import origins_of
from tg_pipeline.marts.people import BOTS


def test_a_mart_that_is_not_in_the_file_has_its_own_lineage() -> None:
    other = replace(QUESTIONS, sources=(BOTS, *QUESTIONS.sources))

    assert origins_of(other) == column_origins(other)
    assert origins_of(QUESTIONS) == column_origins(QUESTIONS)
