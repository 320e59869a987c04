"""`tg-pipeline sql`: questions in SQL, on the lake as it is."""

from pathlib import Path
from typing import Annotated

import typer

from tg_pipeline.cli.sql_format import Format, form_of

Query = Annotated[
    str | None,
    typer.Argument(help="In DuckDB's SQL. [default: standard input, or a prompt on a terminal]"),
]
File = Annotated[Path | None, typer.Option("--file", help="Read the query from a file.")]
Form = Annotated[
    Format | None, typer.Option("--format", help="What the rows come as. [default: table]")
]
Target = Annotated[
    Path | None, typer.Option("--output", help="Write the rows to a .csv, .json or .parquet.")
]


def sql(query: Query = None, file: File = None, form: Form = None, output: Target = None) -> None:
    """Ask the lake's tables in SQL: every layer, `telegram`, and every mart.

    Of several statements the last one's rows are written; a table shows them all. $timezone
    stands for the time zone as set.
    """
    # DuckDB takes a quarter of a second to import: only a command that asks it waits for it.
    from tg_pipeline.cli.sql_answer import answer, read_query  # noqa: PLC0415
    from tg_pipeline.cli.sql_output import Output  # noqa: PLC0415

    answer(read_query(query, file), Output(form_of(form, output), output))
