"""Where a statement ends: at a semicolon that is no part of a text, a name or a comment."""

from collections.abc import Iterator
from typing import NamedTuple

import duckdb


class _Token(NamedTuple):
    """A token, as DuckDB's own tokenizer tells it."""

    start: int
    """In bytes."""
    is_comment: bool
    is_semicolon: bool


def is_finished(text: str) -> bool:
    """Say whether nothing but comments follows the last semicolon."""
    tokens = [token for token in _tokens(text) if not token.is_comment]
    return bool(tokens) and tokens[-1].is_semicolon


def without_end(statement: str) -> str:
    """Give a statement without its semicolon, and without what follows that."""
    ends = (token.start for token in _tokens(statement) if token.is_semicolon)
    return statement.encode()[: next(ends, None)].decode()


def _tokens(text: str) -> Iterator[_Token]:
    content = text.encode()
    for start, kind in duckdb.tokenize(text):
        is_operator = kind == duckdb.token_type.operator
        is_semicolon = is_operator and content[start : start + 1] == b";"
        yield _Token(start, kind == duckdb.token_type.comment, is_semicolon)
