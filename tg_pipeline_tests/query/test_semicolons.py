"""A statement ends at its own semicolon."""

import pytest

from tg_pipeline.query.session import is_finished, without_end


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;",
        "SELECT 1; -- done",
        "SELECT 1 -- not; here\n;",
        "SELECT 1; /* done; */",
        "SELECT 1;;",
        "SELECT 'olá;' ;",
        "SELECT 1; SELECT 2;",
        ";",
    ],
)
def test_a_statement_is_finished(text: str) -> None:
    assert is_finished(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT 'a;",
        'SELECT "a;',
        "SELECT $$ a;",
        "SELECT 1 -- ;",
        "SELECT 1 /* ;",
        "SELECT 1; SELECT 2",
        "-- nothing;",
        "",
    ],
)
def test_a_statement_goes_on(text: str) -> None:
    assert not is_finished(text)


@pytest.mark.parametrize(
    ("statement", "body"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1;", "SELECT 1"),
        ("SELECT 1;;", "SELECT 1"),
        ("SELECT 'olá;' ; -- done;", "SELECT 'olá;' "),
        ("SELECT 1 -- one;\n;", "SELECT 1 -- one;\n"),
        ("SELECT 1 ;\n-- the next\n", "SELECT 1 "),
    ],
)
def test_a_statement_without_its_end(statement: str, body: str) -> None:
    assert without_end(statement) == body
