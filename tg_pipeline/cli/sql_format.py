"""What the rows of a query come as."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Final

from tg_pipeline.cli.errors import CommandError


class Format(StrEnum):
    """What rows come as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


ENDINGS: Final = {f".{form}": form for form in (Format.CSV, Format.JSON, Format.PARQUET)}
"""What a file's name says of it."""


def form_of(asked: Format | None, path: Path | None) -> Format:
    """Give the form that is asked for, or that the path's ending says; raises CommandError."""
    form = asked or (ENDINGS.get(path.suffix) if path else Format.TABLE)
    if path is not None and form in {None, Format.TABLE}:
        raise CommandError(f"--output {path}: name a .csv, .json or .parquet, or give --format.")
    if form is Format.PARQUET and path is None and sys.stdout.isatty():
        raise CommandError("Parquet is nothing for a terminal: give --output.")
    return form or Format.TABLE
