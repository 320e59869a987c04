"""A query of `tg-pipeline sql`, from where it is read to where its rows go."""

import os
import sys
from pathlib import Path

import typer

from tg_pipeline.cli.console import err
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.cli.sql_output import Output
from tg_pipeline.cli.sql_prompt import Prompt, terminal_lines
from tg_pipeline.cli.stores import open_lake
from tg_pipeline.lake.lake import Lake
from tg_pipeline.query.session import QueryError, Session, open_session
from tg_pipeline.query.tables import ALL_TABLES
from tg_pipeline.settings import Settings, home_folder, load_settings


def read_query(query: str | None, file: Path | None) -> str | None:
    """Give what is to be run, None where a person is to be asked; raises CommandError."""
    if query is not None and file is not None:
        raise CommandError("A query and --file exclude each other: give one of them.")
    if query is not None:
        return _text(os.fsencode(query), "the command line")
    if file is not None:
        return _text(file.read_bytes(), str(file))
    return None if sys.stdin.isatty() else _text(sys.stdin.buffer.read(), "standard input")


def _text(content: bytes, origin: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CommandError(f"The query from {origin} is no text in UTF-8.") from None


def answer(query: str | None, output: Output) -> None:
    """Run the statements of a query, or those that a person types; raises CommandError."""
    settings = load_settings()
    lake = _lake(settings)
    try:
        with open_session(lake, settings.timezone) as session:
            if query is None:
                Prompt(session, ALL_TABLES, terminal_lines(home_folder())).run()
            else:
                _run(session, query, output)
    except QueryError as error:
        # Its further lines show the place of the mistake.
        err.print(f"tg-pipeline: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _run(session: Session, query: str, output: Output) -> None:
    statements = session.statements(query)
    if not statements:
        raise CommandError("There is no statement in the query.")
    for statement in statements:
        output.put(session, statement, is_last=statement is statements[-1])


def _lake(settings: Settings) -> Lake:
    lake = open_lake(settings)
    if lake.folder is None and not settings.lake_uri.startswith("s3://"):
        raise CommandError(
            f"{settings.lake_uri} is gone with the process that fills it: set TG_LAKE_URI to a "
            "file:// or s3:// place."
        )
    return lake
