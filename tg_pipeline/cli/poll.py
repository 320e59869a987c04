"""`tg-pipeline poll`: fetches the bot's updates, for a bot that has no webhook."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from obstore.exceptions import BaseError

from lambda_ingest.door import Door, open_door
from lambda_ingest.store import StoreError, first_line
from tg_pipeline.cli.bot_api import open_api, show, warn
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.cli.poll_progress import PollProgress, counts
from tg_pipeline.lake.bucket import open_place
from tg_pipeline.lake.delivery import Arrival, Outcome, Tally, deliver, put_one
from tg_pipeline.settings import load_settings
from tg_pipeline.telegram.interruption import Interruption
from tg_pipeline.telegram.poller import NotStoredError, Poller

SIDE_BY_SIDE: Final = 8
"""Updates a task: an answer has a hundred at most, and all puts may be under way at a time."""

Once = Annotated[bool, typer.Option("--once", help="Take what waits now, and stop (for cron).")]


def poll(once: Once = False) -> None:
    """Fetch updates and land them, until Ctrl-C or SIGTERM.

    Nothing is confirmed before it is stored, so that Telegram gives again whatever is not; it
    keeps an update for 24 hours. A bot that has a webhook can't be polled.
    """
    settings = load_settings()
    interruption, progress = Interruption(), PollProgress(_now, is_quiet=once)
    with open_api(settings) as api:
        landing = Landing(open_door(settings.door, open_place), settings.landing_uri, progress)
        poller = Poller(api, landing, interruption, time.sleep, warn)
        try:
            with interruption.by_signals(), progress.live():
                _run(poller, settings.landing_uri, once=once)
        finally:
            _report(progress.tally)


@dataclass(frozen=True, slots=True)
class Landing:
    """Puts updates into the landing zone, as they came."""

    door: Door
    uri: str
    progress: PollProgress

    def __call__(self, bodies: list[bytes]) -> None:
        """Return when all of them are durable; raises NotStoredError."""
        now = self.progress.clock()
        try:
            for outcome in self._put([Arrival(body, now, "getUpdates") for body in bodies]):
                self.progress.count(outcome)
        except StoreError as error:
            raise NotStoredError(str(error)) from None
        except (BaseError, OSError) as error:
            raise NotStoredError(f"{self.uri} can't be written to: {first_line(error)}.") from None
        self.progress.note()

    def _put(self, arrivals: list[Arrival]) -> Iterable[Outcome]:
        if self.door.chats is None:
            return deliver(self.door, arrivals, SIDE_BY_SIDE)
        # One after the other: an update may follow the message that its chat has a new id.
        return (put_one(self.door, each) for each in arrivals)


def _run(poller: Poller, uri: str, *, once: bool) -> None:
    if once:
        try:
            poller.run_once()
        except NotStoredError as error:
            raise CommandError(f"{error} Nothing is lost: Telegram gives it again.") from None
        return
    warn(f"Polling; updates land in {uri}. Ctrl-C stops.")
    poller.run()
    warn("Stopped.")


def _report(tally: Tally) -> None:
    show(f"{counts(tally)}.")
    if tally.days:
        show(f"Days {min(tally.days)} to {max(tally.days)}. Next: tg-pipeline run")
    if tally.first_rejection:
        warn(f"The first that is no update: {tally.first_rejection}")


def _now() -> datetime:
    return datetime.now(UTC)
