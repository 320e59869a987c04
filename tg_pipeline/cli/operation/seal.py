"""`tg-pipeline seal`: make the landed objects of an old day one object."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from tg_pipeline.cli.builds.run import Day, First, Last
from tg_pipeline.cli.console import out, progress
from tg_pipeline.cli.context import alone, check_landing, parse_day, parse_span, show, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.sealing import MIN_AGE_DAYS, SealResult, SealRules, is_sealable, seal_day
from tg_pipeline.privacy.sealing import kept_days, seal_days
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.object_store import open_object_store

DEFAULT_AGE_DAYS = 30
"""Days after which hardly any update is landed late, by an import or from rejected/."""

OlderThan = Annotated[
    int | None,
    typer.Option(
        "--older-than",
        min=MIN_AGE_DAYS,
        help=f"Seal the days that are more than so many days ago. [default: {DEFAULT_AGE_DAYS}]",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show what would be sealed; change nothing.")
]


def seal(
    older_than: OlderThan = None,
    day: Day = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
) -> None:
    """Make the landed objects of each old day one object, which restores them byte for byte.

    No table changes. It can be interrupted: the same command does the rest. See `unseal`.
    """
    settings = load_settings()
    check_landing(settings)
    today = datetime.now(settings.zone).date()
    wanted = wanted_days(older_than, day, first, last, today)
    landing = open_object_store(settings.landing_uri)
    rules = seal_rules(settings)
    days = with_progress(list(filter(wanted, kept_days(landing))), "sealing")
    with alone(settings):
        results = (
            [seal_day(landing, each, rules, dry_run=True) for each in days]
            if dry_run
            else list(seal_days(landing, days, rules, settings.ingest.privacy_key))
        )
    _print(results, is_dry_run=dry_run)


def seal_rules(settings: Settings) -> SealRules:
    """Return the rules of the settings."""
    return SealRules(settings.bot_id, settings.ingest.minimization.apply)


def with_progress(days: list[date], what: str) -> Iterator[date]:
    """Yield days, and show how many are done."""
    with progress() as bar:
        task = bar.add_task(what, total=len(days))
        for day in days:
            yield day
            bar.advance(task)


def wanted_days(
    older_than: int | None, day: str | None, first: str | None, last: str | None, today: date
) -> Callable[[date], bool]:
    """Return which days to seal; raises CommandError."""
    span = chosen_span(day, first, last, today)
    if span is None:
        age = timedelta(days=DEFAULT_AGE_DAYS if older_than is None else older_than)
        return lambda each: today - each > age
    if older_than is not None:
        raise CommandError("--older-than is not used together with --date, or --from and --to.")
    begin, end = span
    if not is_sealable(end, today):
        raise CommandError(
            f"{end} can't be sealed yet: updates may land for {MIN_AGE_DAYS} days after a day."
        )
    return lambda each: begin <= each <= end


def chosen_span(
    day: str | None, first: str | None, last: str | None, today: date
) -> tuple[date, date] | None:
    """Return the first and the last day that are asked for, None if none; raises CommandError."""
    span = parse_span(first, last, today)
    if day is None:
        return span
    if span:
        raise CommandError("--date is not used together with --from and --to.")
    return parse_day(day, today), parse_day(day, today)


def _print(results: list[SealResult], *, is_dry_run: bool) -> None:
    would = "would be " if is_dry_run else ""
    changed = [each for each in results if each.objects or each.deleted or each.rejected]
    for each in changed:
        size = f", {each.bytes:,} bytes" if each.bytes else ""
        show(f"{each.day}: {each.objects:,} objects {would}sealed, {each.deleted:,} deleted{size}.")
    for each in results:
        if each.rejected:
            warn(
                f"{each.day}: {each.rejected:,} other updates with the id of a sealed one were "
                "moved to rejected/."
            )
        if each.too_large:
            warn(f"{each.day}: {each.too_large:,} objects are large, and stay as they are.")
        for key in each.changed:
            warn(f"{key} differs from what is sealed under its name: it stays, and is not read.")
    days = "1 day" if len(changed) == 1 else f"{len(changed):,} days"
    objects = sum(each.objects for each in changed)
    out.print(f"{objects:,} objects of {days} {would}sealed; {len(results):,} days looked at.")
