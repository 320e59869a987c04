"""Sets of texts that others have labelled with intents, one CSV file each: `text,intent`."""

import csv
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".csv",)


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Return the texts of a file, each with its intent."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["intent"]) for row in csv.DictReader(file)]
