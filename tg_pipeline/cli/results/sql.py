"""`tg-pipeline sql`: query the lake in SQL, from the command line, a file, a pipe or a prompt."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from lambda_ingest.store import first_line
from tg_pipeline.cli.console import progress
from tg_pipeline.cli.context import open_lake, open_landing, show, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.settings import Settings, load_settings


class Format(StrEnum):
    """The format of the rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


EXTENSIONS: Final = {f".{form}": form for form in (Format.CSV, Format.JSON, Format.PARQUET)}
"""The format of a file, by its extension."""

Query = Annotated[
    str | None,
    typer.Argument(help="In DuckDB's SQL. [default: standard input, or a prompt on a terminal]"),
]
File = Annotated[Path | None, typer.Option("--file", help="Read the query from a file.")]
Form = Annotated[
    Format | None, typer.Option("--format", help="Format of the rows. [default: table]")
]
Target = Annotated[
    Path | None, typer.Option("--output", help="Write the rows to a .csv, .json or .parquet.")
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw", help="Leave CSV cells as they are, also if a spreadsheet calculates them."
    ),
]
Confined = Annotated[
    bool | None,
    typer.Option(
        "--confined/--no-confined",
        help="Allow statements only the lake's tables, read-only. "
        "[default: unless standard input is a terminal]",
    ),
]
Export = Annotated[
    Path | None,
    typer.Option("--export", help="Write a DuckDB database file with the tables, for other tools."),
]
Copied = Annotated[
    bool,
    typer.Option("--copy", help="With --export: copy the tables, instead of views of the lake."),
]


def sql(
    query: Query = None,
    file: File = None,
    form: Form = None,
    output: Target = None,
    raw: Raw = False,
    confined: Confined = None,
    export: Export = None,
    copy: Copied = False,
) -> None:
    """Query the tables in SQL: every layer, `telegram`, every mart, and `rejected`.

    If there are several statements, the rows of the last one are written; as tables, the rows of
    all of them are. $timezone is the time zone from the settings. --export queries nothing.
    """
    if export is not None:
        if query is not None or file is not None or form is not None or output is not None:
            raise CommandError("--export writes the tables: it takes no query and no format.")
        _export(export, copy=copy)
        return
    if copy:
        raise CommandError("--copy is used together with --export.")
    if confined is None:
        confined = not _is_typed()
    text, chosen = read_query(query, file), choose_format(form, output)
    settings = load_settings()
    lake = open_stored_lake(settings)
    if confined and output and lake.folder and _is_within(output, lake.folder):
        raise CommandError(
            f"--output {output} is in the lake, which a confined query can't write to."
        )
    # DuckDB takes a quarter of a second to import: only this command needs it.
    from tg_pipeline.cli.results.sql_session import Output, SqlSource, run_sql  # noqa: PLC0415

    source = SqlSource(lake, lambda: open_landing(settings), settings.timezone)
    run_sql(source, text, Output(chosen, output, raw=raw), confined=confined)


def _export(path: Path, *, copy: bool) -> None:
    settings = load_settings()
    lake = open_stored_lake(settings)
    # DuckDB takes a quarter of a second to import: only this command needs it.
    from tg_pipeline.query.database_file import LakeExport, write_database  # noqa: PLC0415
    from tg_pipeline.query.session import QueryError  # noqa: PLC0415

    if lake.folder is None and not copy:
        warn("The lake is in a bucket, which other tools can't read by a view: tables are copied.")
    is_copy = copy or lake.folder is None
    export = LakeExport(
        lake, settings.timezone, datetime.now(UTC), is_copy, settings.privacy.has_pseudonyms
    )
    try:
        with progress() as bar:
            written = write_database(path, export, partial(bar.track, description="Tables"))
    except QueryError as error:
        raise CommandError(f"--export {path}: {first_line(error)}") from None
    show(f"{path}: {len(written.tables)} {'tables' if is_copy else 'views'}. {export.note}")
    if written.left_out:
        show(f"Left out, since they have all that Telegram sent: {', '.join(written.left_out)}.")
    if written.empty:
        show(f"Not built yet, so without rows until the next --export: {', '.join(written.empty)}.")


def read_query(query: str | None, file: Path | None) -> str | None:
    """Return the text to run, None if a prompt is to be shown; raises CommandError."""
    if query is not None and file is not None:
        raise CommandError("A query and --file exclude each other: give only one of them.")
    if query is not None:
        return _decode(os.fsencode(query), "the command line")
    if file is not None:
        return _decode(file.read_bytes(), str(file))
    return None if _is_typed() else _decode(sys.stdin.buffer.read(), "standard input")


def _is_typed() -> bool:
    """Return whether a person may be typing: standard input, which may be closed, is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _decode(content: bytes, origin: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CommandError(f"The query from {origin} is not UTF-8 text.") from None


def choose_format(form: Format | None, path: Path | None) -> Format:
    """Return the given format, or that of the path's extension; raises CommandError."""
    chosen = form or (EXTENSIONS.get(path.suffix) if path else Format.TABLE)
    if path is not None and chosen in {None, Format.TABLE}:
        raise CommandError(f"--output {path}: name a .csv, .json or .parquet, or give --format.")
    if chosen is Format.PARQUET and path is None and sys.stdout.isatty():
        raise CommandError("Parquet can't be shown on a terminal: give --output.")
    return chosen or Format.TABLE


def open_stored_lake(settings: Settings) -> Lake:
    """Return the lake, which other processes can read as well; raises CommandError."""
    lake = open_lake(settings)
    if lake.folder is None and not settings.lake_uri.startswith("s3://"):
        raise CommandError(
            f"{settings.lake_uri} exists only in the process that fills it: set TG_LAKE_URI to a "
            "file:// or s3:// URI."
        )
    return lake
