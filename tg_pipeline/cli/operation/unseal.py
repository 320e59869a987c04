"""`tg-pipeline unseal`: store the objects of a sealed day on their own again."""

from datetime import datetime

from tg_pipeline.cli.builds.run import Day, First, Last
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import alone, check_landing, show
from tg_pipeline.cli.operation.seal import chosen_span, seal_rules, with_progress
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.unsealing import unseal_day
from tg_pipeline.landing.zone import list_days
from tg_pipeline.settings import load_settings
from tg_pipeline.storage.object_store import open_object_store


def unseal(day: Day = None, first: First = None, last: Last = None) -> None:
    """Restore the landed objects of sealed days, with their times of arrival, byte for byte.

    It can be interrupted: the same command does the rest.
    """
    settings = load_settings()
    check_landing(settings)
    span = chosen_span(day, first, last, datetime.now(settings.zone).date())
    if span is None:
        raise CommandError("name the days to unseal: --date, or --from and --to.")
    landing = open_object_store(settings.landing_uri)
    days = [each for each in list_days(landing) if span[0] <= each <= span[1]]
    rules, restored, sealed_days = seal_rules(settings), 0, 0
    with alone(settings):
        for each in with_progress(days, "unsealing"):
            if objects := unseal_day(landing, each, rules):
                show(f"{each}: {objects:,} objects restored.")
                restored, sealed_days = restored + objects, sealed_days + 1
    days_text = "1 day" if sealed_days == 1 else f"{sealed_days:,} days"
    out.print(f"{restored:,} objects of {days_text} restored.")
