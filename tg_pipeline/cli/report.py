"""`tg-pipeline report`: one HTML file that says what the bot was asked, and whether it helps."""

import sys
import webbrowser
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.filesize import decimal

from tg_pipeline.builds.report_facts import Subject, gather
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing, parse_span
from tg_pipeline.cli.run import First, Last
from tg_pipeline.exceptions import CommandError
from tg_pipeline.marts.report.language import DEFAULT_LANGUAGE, LANGUAGES
from tg_pipeline.marts.report.period import EARLIEST, LATEST, Period, is_in_reach
from tg_pipeline.settings import Settings, load_settings

STANDARD_OUTPUT: Final = Path("-")

Lang = Annotated[str, typer.Option("--lang", help=f"{' or '.join(LANGUAGES)}.")]
Output = Annotated[Path, typer.Option("--output", help="The file to write; - is standard output.")]
Open = Annotated[bool, typer.Option("--open", help="Open it in the browser.")]
HideNames = Annotated[bool, typer.Option("--hide-names", help="Show users as numbers.")]


def report(
    first: First = None,
    last: Last = None,
    lang: Lang = DEFAULT_LANGUAGE,
    output: Output = Path("report.html"),
    open_it: Open = False,
    hide_names: HideNames = False,
) -> None:
    """Write the report on the last 28 days, or on a span, as one HTML file that loads nothing."""
    if lang not in LANGUAGES:
        raise CommandError(f"--lang {lang} is not spoken here: {' or '.join(LANGUAGES)}.")
    settings = load_settings()
    span = parse_span(first, last, datetime.now(settings.zone).date())
    facts = gather(subject_of(settings), _period(*span) if span else None)
    # The charts take a second to import: only a command that has something to draw waits for them.
    from tg_pipeline.marts.report.report import Options, render  # noqa: PLC0415

    html = render(facts, Options(LANGUAGES[lang], hide_names))
    if output == STANDARD_OUTPUT:
        sys.stdout.write(html)
        return
    output.write_text(html, encoding="utf-8")
    about = f"{facts.period.first} to {facts.period.last}" if facts else "an empty lake"
    out.print(f"{output}: {about}, {decimal(len(html.encode()))}.", soft_wrap=True)
    if open_it:
        webbrowser.open(output.absolute().as_uri())


def _period(first: date, last: date) -> Period:
    if not (is_in_reach(first) and is_in_reach(last)):
        raise CommandError(
            f"{first} to {last}: a report is about days from {EARLIEST}, when Telegram began, to "
            f"{LATEST}."
        )
    return Period(first, last)


def subject_of(settings: Settings) -> Subject:
    """Give what the report is about, and where it is told from; raises StoreError."""
    return Subject(
        landing=open_landing(settings),
        lake=open_lake(settings),
        zone=settings.timezone,
        is_filtered=bool(settings.ingest.chat_ids),
    )
