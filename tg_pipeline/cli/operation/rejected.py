"""`tg-pipeline rejected`: list, show and land again the bodies that could not be landed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import obstore
import typer
from obstore.store import ObjectStore

from lambda_ingest.landing import RESERVED_ID, RejectedBody, TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.cli.builds.run import Day, First, Last
from tg_pipeline.cli.console import excerpt, out, progress
from tg_pipeline.cli.context import check_landing, open_landing, refuse_sample, show
from tg_pipeline.cli.ingestion.land import BotId, chosen_bot, open_operators_writer, print_stats
from tg_pipeline.cli.operation.quarantine import (
    SHOWN_CHARACTERS,
    AsJson,
    Limit,
    asked_days,
    kind_of,
    print_counts,
)
from tg_pipeline.landing.arrivals import read_journals
from tg_pipeline.landing.writer import Delivery, LandingStats, land_all
from tg_pipeline.query.rejected import (
    RejectedObject,
    list_rejected,
    read_reasons,
    read_rejection,
)
from tg_pipeline.settings import load_settings
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry

GROUP = 4
"""Bodies that are landed by one task: unlike those of a file, each may have a megabyte."""

NO_BYTES = "only the reason was kept"

rejected = typer.Typer(
    help="Bodies that could not be landed as updates: list them, show them, land them again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rejected.command("list")
def list_bodies(
    day: Day = None, first: First = None, last: Last = None, as_json: AsJson = False
) -> None:
    """Count the rejected bodies by day and reason."""
    settings = load_settings()
    landing = open_landing(settings)
    found = _within(landing, asked_days(settings, day, first, last))
    reasons = zip(found, read_reasons(landing, found), strict=True)
    counts = Counter((each.day, kind_of(reason)) for each, reason in reasons)
    print_counts("bodies", counts, as_json=as_json)


@rejected.command("show")
def show_bodies(day: Day = None, first: First = None, last: Last = None, limit: Limit = 10) -> None:
    """Show rejected bodies, where they are and why, the newest day first."""
    settings = load_settings()
    landing = open_landing(settings)
    found = _within(landing, asked_days(settings, day, first, last))[::-1]
    for each in found[:limit]:
        rejection = read_rejection(landing, each)
        show(f"{each.key}: {rejection.reason}")
        body = rejection.body
        show(f"  {NO_BYTES if body is None else excerpt(body, SHOWN_CHARACTERS)}")
    if not found:
        out.print("No body is rejected.")
    elif len(found) > limit:
        out.print(f"There are {len(found) - limit:,} more: --limit {len(found)} shows all.")


@rejected.command("replay")
def replay_bodies(
    day: Day = None, first: First = None, last: Last = None, bot_id: BotId = None
) -> None:
    """Land the rejected bodies again, as `land` does, and delete those that are landed then.

    Bodies that still can't be landed stay, and so do those of which only the reason was kept.
    """
    settings = load_settings()
    check_landing(settings)
    bot_id = chosen_bot(settings, bot_id)
    refuse_sample(settings, bot_id)
    writer = open_operators_writer(settings, bot_id, TrustLevel.OPERATOR)
    found = _within(writer.landing, asked_days(settings, day, first, last))
    replayed = Replay(writer)
    with progress() as bar:
        task = bar.add_task("landing", total=len(found))
        for _ in replayed.run(found):
            bar.update(task, completed=replayed.stats.seen + replayed.staying)
    print_stats(replayed.stats, settings)
    if replayed.without_bytes:
        out.print(f"{replayed.without_bytes:,} can't be landed: {NO_BYTES} of them (TG_DROP).")
    if replayed.unreadable:
        show(f"{replayed.unreadable:,} stay rejected; the first: {replayed.first_reason}")


@dataclass(slots=True)
class Replay:
    """Lands rejected bodies, and deletes their objects once the updates are durable."""

    writer: LandingWriter
    stats: LandingStats = field(default_factory=LandingStats)
    """What was landed."""
    without_bytes: int = 0
    """Objects with the reason alone."""
    unreadable: int = 0
    """Bodies that are rejected again."""
    first_reason: str = ""

    @property
    def staying(self) -> int:
        """The number of objects that stay."""
        return self.without_bytes + self.unreadable

    def run(self, objects: list[RejectedObject]) -> Iterator[None]:
        """Land the bodies; yields after each, once its object is deleted or is to stay.

        A replay that is killed has landed some whose objects are not deleted yet: another one
        finds them there already, and deletes them. Raises StoreError.
        """
        results = land_all(self.writer, self._deliveries(objects), GROUP)
        for result in results:
            if isinstance(result.taken.parsed, RejectedBody):
                # The id belongs to another update: found out when it was to be stored.
                self._keep(result.taken.parsed.reason)
            else:
                self.stats.count(result)
                if result.taken.status.is_stored:
                    self._delete(result.origin)
            yield

    def _deliveries(self, objects: list[RejectedObject]) -> Iterator[Delivery]:
        journals = _Journals(self.writer.landing)
        for each in objects:
            try:
                rejection = read_rejection(self.writer.landing, each)
            except FileNotFoundError:
                continue  # another replay was faster
            if rejection.body is None:
                self.without_bytes += 1
                continue
            if rejection.reason == RESERVED_ID:
                # An operator is trusted, but the sender of this body was not.
                self._keep(rejection.reason)
                continue
            arrived_at = rejection.received_at or journals.arrival(each) or each.written_at
            parsed = self.writer.classify(rejection.body, arrived_at).parsed
            if isinstance(parsed, RejectedBody):
                self._keep(parsed.reason)
            else:
                yield Delivery(rejection.body, arrived_at, each.key)

    def _keep(self, reason: str) -> None:
        self.unreadable += 1
        self.first_reason = self.first_reason or reason

    def _delete(self, key: str) -> None:
        with translate_errors(self.writer.landing):
            retry(lambda: obstore.delete(self.writer.landing, key))


@dataclass(slots=True)
class _Journals:
    """The arrival times on a disk, of one day at a time."""

    landing: ObjectStore
    day: date | None = None
    times: dict[str, datetime] = field(default_factory=dict)

    def arrival(self, rejected_object: RejectedObject) -> datetime | None:
        """Return when a body arrived; None if that is not recorded."""
        if self.day != rejected_object.day:
            self.day = rejected_object.day
            table = read_journals(self.landing, self.day)
            keys, times = (table[name].to_pylist() for name in table.column_names)
            self.times = dict(zip(keys, times, strict=True))
        return self.times.get(rejected_object.key)


def _within(landing: ObjectStore, span: tuple[date, date] | None) -> list[RejectedObject]:
    found = list_rejected(landing)
    return [each for each in found if span is None or span[0] <= each.day <= span[1]]
