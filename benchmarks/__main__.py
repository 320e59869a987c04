"""One table of what the product costs, and what one would otherwise use.

python benchmarks --quick
"""

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from lib.days import ZONE
from lib.lakes import LARGE, SMALL
from lib.output import spinner
from lib.table import HEADS, Cost, Row, markdown
from sections import buckets, layers, marts, nights, scale, webhook

DOCS: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- the table of `make bench` begins -->"
END: Final = "<!-- the table of `make bench` ends -->"

WIDTH: Final = 200
"""Characters of a line of the printed table: more than it has."""

YESTERDAY: Final = datetime.now(ZONE).date() - timedelta(days=1)
"""The last day of the lakes: `status` and `report` are about the days up to it."""

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured, and where."""

    folder: Path
    """The folder of the lakes."""
    others: Path
    """The folder in which pandas and polars are installed."""
    rounds: int
    is_quick: bool
    has_ten_million: bool


def measure_layers(options: Options, announce: Announce) -> list[Row]:
    """Measure the layers, and their growth with the updates of a day."""
    sizes = [10_000, 100_000]
    sizes += [] if options.is_quick else [1_000_000]
    sizes += [10_000_000] if options.has_ten_million else []
    return [
        *layers.measure_layers(options.others, options.rounds, announce),
        *layers.measure_sizes(sizes, announce),
    ]


def measure_workers(options: Options, announce: Announce) -> list[Row]:
    """Measure a large day in one process, and in two."""
    updates = 500_000 if options.is_quick else 1_000_000
    return scale.measure_workers(updates, options.rounds, announce)


def measure_buckets(options: Options, announce: Announce) -> list[Row]:
    """Measure a day from a bucket."""
    return buckets.measure_requests(options.rounds, announce)


def measure_year(_: Options, announce: Announce) -> list[Row]:
    """Measure the backfill of a year."""
    return buckets.measure_year(announce)


def measure_webhook(options: Options, announce: Announce) -> list[Row]:
    """Measure the webhook's Lambda."""
    return webhook.measure_webhook(options.rounds, announce)


def measure_marts(options: Options, announce: Announce) -> list[Row]:
    """Measure the marts of a month."""
    return marts.measure_marts(options.folder, YESTERDAY, options.others, options.rounds, announce)


def measure_small(options: Options, announce: Announce) -> list[Row]:
    """Measure a night after up to three years of a small bot, and the commands."""
    measuring = nights.Measuring(options.folder, YESTERDAY, options.rounds, announce)
    rows = nights.measure_nights(measuring, SMALL, [30, 365, 1_095])
    return rows + nights.measure_one_lake(measuring)


def measure_large(options: Options, announce: Announce) -> list[Row]:
    """Measure the same after up to a year of a large bot."""
    measuring = nights.Measuring(options.folder, YESTERDAY, options.rounds, announce)
    days = [30, 180] if options.is_quick else [30, 180, 360]
    return nights.measure_nights(measuring, LARGE, days)


SECTIONS: Final[dict[str, Callable[[Options, Announce], list[Row]]]] = {
    "layers": measure_layers,
    "workers": measure_workers,
    "buckets": measure_buckets,
    "webhook": measure_webhook,
    "small": measure_small,
    "large": measure_large,
    "marts": measure_marts,  # of the shortest lake of the large bot
    "year": measure_year,
}
USUAL: Final = [name for name in SECTIONS if name != "year"]


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary, spinner() as announce:
        folder = options.keep.resolve() if options.keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = Options(folder, options.others, options.rounds, options.quick, options.ten_million)
        kept = folder / "rows.json"
        rows = _read_rows(kept)
        failed = []
        for name in options.sections or (list(SECTIONS) if options.year else USUAL):
            try:
                rows[name] = SECTIONS[name](found, partial(_announce, announce, name))
            except Exception:  # noqa: BLE001 - the other sections are still worth having
                failed.append(name)
                traceback.print_exc()
                continue
            kept.write_text(json.dumps({each: list(map(asdict, rows[each])) for each in rows}))
    ordered = [row for name in SECTIONS for row in rows.get(name, [])]
    show(ordered)
    if options.write:
        write(ordered)
    if failed:
        sys.exit(f"These sections failed: {', '.join(failed)}")


def show(rows: list[Row]) -> None:
    """Print the table."""
    table = Table(box=None)
    for head in HEADS:
        is_text = head in {"", "compared with"}
        table.add_column(head, justify="left" if is_text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row.cells())
    Console(highlight=False, width=WIDTH).print(table)


def write(rows: list[Row]) -> None:
    """Replace the table in the documentation."""
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(markdown(rows))
    DOCS.write_text(f"{before}{BEGIN}\n\n{lines}\n\n{END}{after}", "utf-8")


def _announce(announce: Announce, section: str, text: str) -> None:
    announce(f"{section}: {text}")
    # Where the spinner can't be seen, such as in a log file, each step is a line.
    if not sys.stderr.isatty():
        print(f"{datetime.now(ZONE):%H:%M:%S} {section}: {text}", file=sys.stderr, flush=True)


def _read_rows(path: Path) -> dict[str, list[Row]]:
    """Return the rows of sections that were measured before."""
    if not path.exists():
        return {}
    return {
        name: [_row(values) for values in rows]
        for name, rows in json.loads(path.read_text("utf-8")).items()
    }


def _row(values: dict[str, Any]) -> Row:
    other = values.pop("other")
    return Row(ours=Cost(**values.pop("ours")), other=Cost(**other) if other else None, **values)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "sections",
        nargs="*",
        help=f"what to measure: {', '.join(SECTIONS)}; by default all but the year",
    )
    parser.add_argument("--quick", action="store_true", help="ten minutes: no million, no year")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, for a median")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the lakes and the rows")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    parser.add_argument("--year", action="store_true", help="backfill a year, in half an hour")
    parser.add_argument("--ten-million", action="store_true", help="a day of ten million updates")
    parser.add_argument(
        "--others", type=Path, default=Path(".venv-others"), help="where pandas and polars are"
    )
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
