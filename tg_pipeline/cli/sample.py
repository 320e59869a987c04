"""`tg-pipeline sample`: a believable month, landed through the same code as real updates."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import look_at_landing, open_landing, parse_day
from tg_pipeline.cli.land import Batch, report, tally_with_progress
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.landing_writer import Delivery, land_all, land_batches
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.sample import SAMPLE_BOT_ID, SampleDelivery, deliveries
from tg_pipeline.settings import Settings, load_settings

Days = Annotated[int, typer.Option("--days", min=1, help="How many days.")]
PerDay = Annotated[int, typer.Option("--per-day", min=1, help="Updates a day, on average.")]
Start = Annotated[str | None, typer.Option("--start", help="First day. [default: TG_START_DATE]")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed is another month.")]
Demo = Annotated[
    bool,
    typer.Option("--demo", help="Only in the checkout's own folder, and only if that is empty."),
]
ToStdout = Annotated[bool, typer.Option("--stdout", help="Print NDJSON instead of landing it.")]


def sample(
    days: Days = 30,
    per_day: PerDay = 300,
    start: Start = None,
    seed: Seed = 1,
    batch: Batch = 0,
    demo: Demo = False,
    stdout: ToStdout = False,
) -> None:
    """Make up a month of a bot's life and land it; the same options give the same month."""
    settings = load_settings()
    first = _first_day(start, settings)
    if demo:
        reason = _no_demo(settings, first)
        if reason:
            out.print(f"{reason}; nothing is made up.")
            return
        days = min(days, _days_until_today(first, settings))
    _check_days(first, days, settings)
    month = deliveries(first, days, per_day, seed=seed, zone=settings.zone)
    if stdout:
        for delivery in month:
            sys.stdout.buffer.write(delivery.body + b"\n")
        return
    look_at_landing(settings)
    landing = open_object_store(settings.landing_uri)
    door = LandingWriter(landing, SAMPLE_BOT_ID, settings.zone, TrustLevel.NETWORK)
    arrivals = _arrivals(month)
    outcomes = land_batches(door, arrivals, batch) if batch else land_all(door, arrivals)
    report(tally_with_progress(outcomes, days * per_day, "landing a sample"), settings)


def _no_demo(settings: Settings, first: date) -> str | None:
    """Say why a sample would be in the way, if it would."""
    if settings.token:
        return "TELEGRAM_BOT_TOKEN is set"
    if not settings.is_landing_default:
        return "TG_LANDING_URI is set"
    landed = list_days(open_landing(settings))
    if landed:
        return f"{len(landed)} days have landed already"
    return None if _days_until_today(first, settings) > 0 else f"{first} is still to come"


def _first_day(start: str | None, settings: Settings) -> date:
    today = datetime.now(settings.zone).date()
    return parse_day(start, today) if start else settings.start_date


def _days_until_today(first: date, settings: Settings) -> int:
    return (datetime.now(settings.zone).date() - first).days + 1


def _check_days(first: date, days: int, settings: Settings) -> None:
    if days > _days_until_today(first, settings):
        raise CommandError(f"{days} days from {first} would end after today.")


def _arrivals(month: Iterator[SampleDelivery]) -> Iterator[Delivery]:
    for delivery in month:
        at = delivery.arrived_at.astimezone(UTC)
        yield Delivery(delivery.body, at, f"the sample's update at {at:%Y-%m-%d %H:%M:%S}Z")
