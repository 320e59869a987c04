"""`tg-pipeline sample`: land a simulated month through the same code as real updates."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, NamedTuple

import typer
from obstore.store import ObjectStore

from lambda_ingest.landing import TrustLevel
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import check_landing, landed_bots, open_landing, parse_day
from tg_pipeline.cli.ingestion.land import (
    Batch,
    count_with_progress,
    open_operators_writer,
    print_stats,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.bot_names import write_bot_username
from tg_pipeline.landing.writer import Delivery, land_all, land_batches
from tg_pipeline.landing.zone import list_days
from tg_pipeline.sample import (
    SAMPLE_BOT_ID,
    SAMPLE_BOT_USERNAME,
    SampleDelivery,
    deliveries_with_calls,
)
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.object_store import open_object_store

Days = Annotated[int, typer.Option("--days", min=1, help="Number of days.")]
PerDay = Annotated[int, typer.Option("--per-day", min=1, help="Mean number of updates per day.")]
Start = Annotated[str | None, typer.Option("--start", help="First day. [default: TG_START_DATE]")]
Seed = Annotated[int, typer.Option("--seed", help="A different seed gives a different month.")]
Demo = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Land the days up to yesterday, only in the default folder, and only if no other "
        "bot's updates are there.",
    ),
]
ToStdout = Annotated[bool, typer.Option("--stdout", help="Print NDJSON instead of landing it.")]

MOST_DEMO_DAYS: Final = 366
"""An older demo is continued for a year at most: half a minute of landing."""

LINES_PER_UPDATE: Final = 1.2
"""An update, and the bot's calls that follow some of them: for the progress bar."""


class SampleDays(NamedTuple):
    """The days of a sample."""

    first: date
    number: int


def sample(
    days: Days = 30,
    per_day: PerDay = 300,
    start: Start = None,
    seed: Seed = 1,
    batch: Batch = 0,
    demo: Demo = False,
    stdout: ToStdout = False,
) -> None:
    """Simulate a month of a bot's updates and calls, and land it; the same for the same options."""
    settings = load_settings()
    land_sample(
        settings,
        datetime.now(settings.zone).date(),
        days=days,
        per_day=per_day,
        start=start,
        seed=seed,
        batch=batch,
        demo=demo,
        stdout=stdout,
    )


def land_sample(
    settings: Settings,
    today: date,
    *,
    days: int,
    per_day: int,
    start: str | None,
    seed: int,
    batch: int,
    demo: bool,
    stdout: bool,
) -> None:
    """Land a sample, or print it, with the options of the command; raises CommandError."""
    if demo:
        planned = _plan_demo(settings, days, today)
        if isinstance(planned, str):
            out.print(f"{planned}; no sample is landed.")
            return
    else:
        first = parse_day(start, today) if start else settings.start_date
        planned = SampleDays(first, days)
    if planned.first + timedelta(days=planned.number - 1) > today:
        raise CommandError(f"{planned.number} days from {planned.first} would end after today.")
    simulated = deliveries_with_calls(
        planned.first, planned.number, per_day, seed=seed, zone=settings.zone
    )
    if stdout:
        for delivery in simulated:
            sys.stdout.buffer.write(delivery.body + b"\n")
        return
    check_landing(settings)
    landing = open_object_store(settings.landing_uri)
    write_bot_username(landing, SAMPLE_BOT_ID, SAMPLE_BOT_USERNAME)
    writer = open_operators_writer(settings, SAMPLE_BOT_ID, TrustLevel.PROXY)
    landed = _deliveries(simulated)
    results = land_batches(writer, landed, batch) if batch else land_all(writer, landed)
    total = int(planned.number * per_day * LINES_PER_UPDATE)
    print_stats(count_with_progress(results, total, "landing a sample"), settings)


def _plan_demo(settings: Settings, days: int, today: date) -> SampleDays | str:
    """Return the days that end yesterday, or the reason why no demo is landed.

    A demo that landed on an earlier day is continued: the days that are there keep their updates.
    """
    if settings.token:
        return "TELEGRAM_BOT_TOKEN is set"
    if settings.proxy.is_started:
        return "TG_PROXY is set"
    if not settings.is_landing_default:
        return "TG_LANDING_URI is set"
    yesterday = today - timedelta(days=1)
    if settings.start_date > yesterday:
        return f"TG_START_DATE={settings.start_date} is later than yesterday"
    landing = open_landing(settings)
    landed = list_days(landing)
    if not landed:
        first = max(yesterday - timedelta(days=days - 1), settings.start_date)
        return SampleDays(first, (yesterday - first).days + 1)
    return _continue_demo(landing, landed, yesterday)


def _continue_demo(landing: ObjectStore, landed: list[date], yesterday: date) -> SampleDays | str:
    if others := landed_bots(landing) - {SAMPLE_BOT_ID}:
        return f"Updates of bot {min(others)} have landed already"
    if yesterday in landed:
        return f"The sample is there, from {landed[0]} to yesterday"
    count = (yesterday - landed[0]).days + 1
    if count > MOST_DEMO_DAYS:
        return f"The sample of {landed[0]} is over a year old: `make clean` deletes it"
    return SampleDays(landed[0], count)


def _deliveries(simulated: Iterator[SampleDelivery]) -> Iterator[Delivery]:
    for delivery in simulated:
        at = delivery.arrived_at.astimezone(UTC)
        yield Delivery(delivery.body, at, f"the sample's line at {at:%Y-%m-%d %H:%M:%S}Z")
