"""What commands share: opening stores, checking arguments, printing lines.

What needs pyarrow is imported by the functions that need it: the commands that only receive updates
would hold 40 MB for it all the time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from obstore.store import ObjectStore

from lambda_ingest.landing import LANDING_PREFIX
from lambda_ingest.settings import is_loopback
from tg_pipeline.cli.console import err, one_line, out
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.lock import landing_lock
from tg_pipeline.settings import Settings
from tg_pipeline.storage.object_store import list_pages, open_object_store

if TYPE_CHECKING:
    from tg_pipeline.lake.partitions import Lake

INTERACTIVE_TIMEOUT: Final = timedelta(seconds=20)
"""How long a request is retried while a person waits for the command."""


def open_landing(settings: Settings) -> ObjectStore:
    """Open the landing zone for short reads; raises StoreError."""
    return open_object_store(settings.landing_uri, INTERACTIVE_TIMEOUT)


def open_lake(settings: Settings) -> "Lake":
    """Open the lake for short reads; raises StoreError."""
    from tg_pipeline.lake.partitions import Lake  # noqa: PLC0415

    return Lake(settings.lake_uri, INTERACTIVE_TIMEOUT)


def check_landing(settings: Settings) -> None:
    """Check that the landing zone can be listed, before long work on it; raises StoreError."""
    from tg_pipeline.landing.zone import list_days  # noqa: PLC0415

    list_days(open_landing(settings))


def check_lake(settings: Settings) -> None:
    """Check that the lake can be listed, before long work on it; raises StoreError."""
    from tg_pipeline.layers.raw_updates import RAW_UPDATES  # noqa: PLC0415

    open_lake(settings).days(RAW_UPDATES.name)


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Wait for another command on this machine that rewrites the landing zone."""
    message = "Another command is rewriting the landing zone; waiting for its end."
    with landing_lock(settings.landing_uri, lambda: warn(message)):
        yield


def landed_bots(landing: ObjectStore) -> set[int]:
    """Return the ids of the bots whose updates have landed; 0 for objects that name no bot."""
    from tg_pipeline.landing.zone import (  # noqa: PLC0415
        bot_id_of,
        list_days,
        list_objects,
    )

    return {
        bot_id_of(key, 0)
        for day in list_days(landing)
        for key in list_objects(landing, day)["object_key"].to_pylist()
    }


def refuse_sample(settings: Settings, bot_id: int) -> None:
    """Raise CommandError if updates of `bot_id` would land among those of the sample."""
    if not settings.is_landing_default:
        return
    # The simulation comes with it, which takes 0.03 s.
    from tg_pipeline.sample import SAMPLE_BOT_ID  # noqa: PLC0415

    if bot_id == SAMPLE_BOT_ID:
        return
    landing = open_landing(settings)
    names = (
        meta["path"].rpartition("/")[2]
        for page in list_pages(landing, f"{LANDING_PREFIX}/")
        for meta in page
    )
    # The object of a sealed day names its bots inside.
    is_possible = any(
        name.startswith(str(SAMPLE_BOT_ID)) or name.endswith(".parquet") for name in names
    )
    if is_possible and SAMPLE_BOT_ID in landed_bots(landing):
        raise CommandError(
            "The landing zone holds the sample, which would be counted together with your bot's "
            "updates: delete it with `make clean` first, or set TG_LANDING_URI and TG_LAKE_URI."
        )


def parse_day(text: str, today: date) -> date:
    """Parse a day: YYYY-MM-DD, `today` or `yesterday`; raises CommandError."""
    from tg_pipeline.landing.zone import FIRST_DAY, LAST_DAY  # noqa: PLC0415

    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        day = named.get(text) or date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"{text!r} is not a valid date: write YYYY-MM-DD, today or yesterday."
        ) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CommandError(f"{day} is not a day of updates: {FIRST_DAY} to {LAST_DAY} are.")
    return day


def parse_span(first: str | None, last: str | None, today: date) -> tuple[date, date] | None:
    """Parse `--from` and `--to`, which must be given together; return None if neither is given."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise CommandError("--from and --to are used together: pass both.")
    span = parse_day(first, today), parse_day(last, today)
    if span[0] > span[1]:
        raise CommandError(f"--from {span[0]} is later than --to {span[1]}.")
    return span


def check_proxy_host(host: str, *, is_shared: bool) -> None:
    """Raise CommandError if other machines reach a proxy's address, unless that is wanted."""
    if not (is_shared or is_loopback(host)):
        raise CommandError(
            f"{host} is not an address of this machine alone, and a bot's token would cross the "
            "network unencrypted, as it is in the path of every call: leave --host out, or add "
            "--shared if only your own machines reach that address."
        )


def show(line: str) -> None:
    """Print a line that may contain text from others."""
    out.print(one_line(line), soft_wrap=True)


def warn(line: str) -> None:
    """Print a line that may contain text from others to standard error."""
    err.print(one_line(line), soft_wrap=True)
