"""`tg-pipeline report`: write the report as one HTML file."""

import sys
import webbrowser
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.filesize import decimal

from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.report import ReportSource, load_report_data, read_vega
from tg_pipeline.builds.selection import NothingSelectedError, Selection
from tg_pipeline.cli.builds.run import First, Last
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing, parse_span
from tg_pipeline.cli.results.output_file import replacement
from tg_pipeline.exceptions import CommandError
from tg_pipeline.report.messages import LANGUAGES
from tg_pipeline.report.models import EARLIEST, LATEST, Period, ReportData, is_report_day
from tg_pipeline.settings import Settings, load_settings

STANDARD_OUTPUT: Final = Path("-")

Lang = Annotated[
    str | None, typer.Option("--lang", help=f"{' or '.join(LANGUAGES)}; default: TG_LANG.")
]
Output = Annotated[Path, typer.Option("--output", help="File to write; - is standard output.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]
Bot = Annotated[int | None, typer.Option("--bot", help="Count only the updates of this bot (id).")]
Chat = Annotated[
    int | None, typer.Option("--chat", help="Count only the updates of this chat (id).")
]
HideNames = Annotated[bool, typer.Option("--hide-names", help="Show people as numbers.")]


def report(
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    output: Output = Path("report.html"),
    open_it: Open = False,
    hide_names: HideNames = False,
    bot: Bot = None,
    chat: Chat = None,
) -> None:
    """Write the report on the last 28 days, or on a period, as one HTML file that works offline."""
    settings = load_settings()
    language = lang or settings.language
    check_language(language)
    span = parse_span(first, last, datetime.now(settings.zone).date())
    selection = None if bot is None and chat is None else Selection(bot, chat)
    source = report_source(settings)
    data = _load(source, _period(*span) if span else None, selection)
    # The chart libraries take a second to import, so only code that draws imports them.
    from tg_pipeline.report.report import render_report  # noqa: PLC0415

    html = render_report(
        data, language, hide_names=hide_names, read_vega=partial(read_vega, source.lake)
    )
    if output == STANDARD_OUTPUT:
        sys.stdout.write(html)
        return
    with replacement(output) as file:
        file.write(html.encode())
    about = f"{data.period.first} to {data.period.last}" if data else "an empty lake"
    out.print(f"{output}: {about}, {decimal(len(html.encode()))}.", soft_wrap=True)
    if open_it:
        webbrowser.open(output.absolute().as_uri())


def _load(
    source: ReportSource, period: Period | None, selection: Selection | None
) -> ReportData | None:
    try:
        return load_report_data(source, period, selection)
    except NothingSelectedError as error:
        raise CommandError(str(error)) from None


def check_language(name: str) -> None:
    """Raise CommandError unless a language is supported."""
    if name not in LANGUAGES:
        raise CommandError(f"--lang {name} is not supported: use {' or '.join(LANGUAGES)}.")


def report_source(settings: Settings) -> ReportSource:
    """Return the stores of the report and the digest; raises StoreError."""
    landing = open_landing(settings)
    return ReportSource(
        landing=landing,
        lake=open_lake(settings),
        parameters=mart_parameters(settings, landing),
        layer_parameters=layer_parameters(settings, landing),
        is_filtered=bool(settings.ingest.chat_ids),
        today=datetime.now(settings.zone).date(),
        start_date=settings.start_date,
    )


def _period(first: date, last: date) -> Period:
    if not (is_report_day(first) and is_report_day(last)):
        raise CommandError(
            f"{first} to {last}: a report can cover days from {EARLIEST}, the launch of Telegram, "
            f"to {LATEST}."
        )
    return Period(first, last)
