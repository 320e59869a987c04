"""What the commands that call Telegram share: the bot's calls, and lines of others' words."""

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from obstore.store import ObjectStore
from rich.markup import escape

from tg_pipeline.cli.console import err, out
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.settings import Settings
from tg_pipeline.telegram.messages import RateLimitRetry

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApiClient


SOMEBODY_WAITS: Final = timedelta(seconds=20)
"""How long a request is tried before a person is told that a bucket does not answer."""


def open_landing(settings: Settings) -> ObjectStore:
    """Open the landing zone to look at it; raises StoreError."""
    return open_object_store(settings.landing_uri, SOMEBODY_WAITS)


def open_lake(settings: Settings) -> Lake:
    """Open the lake to look at it; raises StoreError."""
    return Lake(settings.lake_uri, SOMEBODY_WAITS)


def look_at_landing(settings: Settings) -> None:
    """Raise StoreError soon if the landing zone can't be used, before long work is begun on it."""
    list_days(open_landing(settings))


def look_at_lake(settings: Settings) -> None:
    """Raise StoreError soon if the lake can't be used, before long work is begun on it."""
    open_lake(settings).days(RAW_UPDATES.name)


def parse_day(text: str, today: date) -> date:
    """Read a day: YYYY-MM-DD, `today` or `yesterday`."""
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return named.get(text) or date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day: write YYYY-MM-DD, today or yesterday.") from None


def parse_span(first: str | None, last: str | None, today: date) -> tuple[date, date] | None:
    """Read `--from` and `--to`, which only make sense together; None where neither is given."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise CommandError("--from and --to belong together: give both.")
    span = parse_day(first, today), parse_day(last, today)
    if span[0] > span[1]:
        raise CommandError(f"--from {span[0]} is later than --to {span[1]}.")
    return span


def open_api(settings: Settings) -> "BotApiClient":
    """Give the calls of the bot whose token is set; raises CommandError where none is."""
    if settings.token is None:
        raise CommandError(
            "TELEGRAM_BOT_TOKEN is not set: put the token that @BotFather gave you into the "
            "environment, or into .env."
        )
    # Its HTTP library takes 0.1 s to import: only a command that calls Telegram waits for it.
    from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415

    return BotApiClient(settings.token, settings.api_url)


def patience() -> RateLimitRetry:
    """Give the patience of somebody who looks on."""
    return RateLimitRetry(sleep=time.sleep, log=warn)


def show(line: str) -> None:
    """Print a line that may hold what others wrote."""
    out.print(printable(line), soft_wrap=True)


def warn(line: str) -> None:
    """Print such a line to standard error."""
    err.print(printable(line), soft_wrap=True)


def printable(text: str) -> str:
    """Give a text as it is shown: nothing that a terminal would obey, and no markup."""
    return escape("".join(letter for letter in text if letter.isprintable()))
