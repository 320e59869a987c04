"""Sets of texts that others have labelled with intents, one CSV file each: `text,intent`."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ThirdPartySet:
    """The texts of a set, and the intent of each."""

    name: str
    texts: list[str]
    intents: list[str]


def read_sets(folder: Path) -> list[ThirdPartySet]:
    """Read the sets of a folder, in the order of their names; files of other columns are none."""
    return [found for path in sorted(folder.glob("*.csv")) if (found := _read(path)).texts]


def _read(path: Path) -> ThirdPartySet:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "intent" in row]
    return ThirdPartySet(path.stem, [row["text"] for row in rows], [row["intent"] for row in rows])
