"""Forgetting a person: the steps, each of which can be repeated, in an order that survives a kill.

What identifies the person (usernames, names, texts) is known from their updates only. So the
places that are searched for it, such as Dagster's history, are cleaned before the landing zone; and
what the landing zone still holds after a kill is found by the digests of the tombstones.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.landing import LANDING_PREFIX
from lambda_ingest.privacy.forgotten_people import LISTING_INTERVAL
from lambda_ingest.privacy.suppression import Tombstones, read_tombstones
from lambda_ingest.settings import Secret
from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.privacy.athena_results import PLACE as ATHENA_RESULTS
from tg_pipeline.privacy.athena_results import result_versions
from tg_pipeline.privacy.landed_objects import parsed_updates
from tg_pipeline.privacy.landing import RewriteCounts, count_objects, read_all, rewrite, take_census
from tg_pipeline.privacy.local_files import clean_lines, remove_leftovers
from tg_pipeline.privacy.people import Census
from tg_pipeline.privacy.search import (
    Finding,
    is_in_object,
    is_in_old_version,
    search_folder,
    search_lake,
    search_landing,
)
from tg_pipeline.privacy.tombstones import (
    Tombstone,
    complete,
    digests_of,
    read_tombstone,
    tombstones_of,
    write_tombstones,
)
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.privacy.versions import VersionedBucket
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry

LATE_WRITES: Final = LISTING_INTERVAL + timedelta(seconds=15)
"""How long after the tombstones another machine may still store an update: it lists them at this
interval, and a request that is being answered takes some seconds."""

CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
"""How far the clocks of this machine and of a bucket may differ."""

WRITTEN_COLUMNS: Final = ("text", "caption", "query")
"""Columns of enriched_updates with what the sender wrote."""

Advance = Callable[[int], object]
"""Called with the number of objects that were just processed."""

Bar = Callable[[str, int], AbstractContextManager[Advance]]
"""Opens a progress bar, for work of a name and a size."""


class History(Protocol):
    """Dagster's history."""

    def purge(self, traces: Traces, *, is_final: bool) -> int:
        """Delete the runs that contain the person; return their number.

        The final call also removes the traces of what was deleted from the databases.
        """

    def count_runs(self, traces: Traces) -> int:
        """Return the number of runs that contain the person."""

    def search(self, traces: Traces) -> list[Finding]:
        """Search what is left of it."""


@dataclass(frozen=True, slots=True)
class ForgetPlaces:
    """The places that hold a person's data, and what acts on them."""

    landing: ObjectStore
    lake: Lake
    history: History
    build: Callable[[], object]
    """Builds all stale days and marts, and the report if there is one."""
    state_folder: Path
    """The folder of this machine's own files."""
    searched_elsewhere: tuple[Path, ...] = ()
    """Folders below it that are another place."""
    line_files: tuple[Path, ...] = ()
    """Text files with a line per entry, such as the history of the SQL prompt."""
    results: VersionedBucket | None = None
    """Where Athena stores the results of queries; None if it is not set up."""
    unreachable: tuple[Finding, ...] = ()
    """Places that could not be opened."""


@dataclass(frozen=True, slots=True)
class ForgetTools:
    """The clock and the progress bars."""

    now: Callable[[], datetime]
    """Returns the time, aware."""
    sleep: Callable[[float], None]
    bar: Bar
    on_step: Callable[[str], None] = lambda _: None
    """Called with the name of each step before it begins."""


@dataclass(slots=True)
class ForgetResult:
    """What was done, and what a search found afterwards."""

    counts: RewriteCounts
    runs: int
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left, and every place was searched."""
        return all(finding.is_clean for finding in self.findings)


def identify(
    places: ForgetPlaces, user_id: int, usernames: frozenset[str], tools: ForgetTools
) -> Census:
    """Return what the landing zone and the lake know about a person; raises StoreError."""
    census = Census(user_id, named=usernames)
    total = count_objects(places.landing)
    with tools.bar("looking for the person in the landing zone", total) as advance:
        take_census(places.landing, census, advance)
    days = places.lake.days(RAW_UPDATES.name)
    with tools.bar("looking for the person in the lake", len(days)) as advance:
        for day in days:
            with places.lake.open(RAW_UPDATES.name, day) as partition:
                for batch in partition.project(["payload"]):
                    is_in = pc.match_substring(batch["payload"], str(user_id).encode())
                    for payload in batch["payload"].filter(is_in).to_pylist():
                        for value in parsed_updates("", payload):
                            census.add(value)
            advance(1)
    return census


def traces_of(places: ForgetPlaces, census: Census, key: Secret, tools: ForgetTools) -> Traces:
    """Return what the person is searched by, without texts that others wrote too."""
    subject = census.subject()
    earlier = read_tombstone(places.landing, key, subject.user_id)
    traces = Traces(subject, tombstones_of(key, subject, earlier))
    with tools.bar("comparing with what others wrote", count_objects(places.landing)) as advance:
        texts = (
            text
            for stored in read_all(places.landing, LANDING_PREFIX, on_progress=advance)
            for update in parsed_updates(stored.key, stored.body)
            for text in census.texts_of_others(update)
        )
        narrowed = traces.without_texts_of_others(texts)
    return narrowed.without_texts_of_others(_texts_of_others(places.lake, traces.ids))


def _texts_of_others(lake: Lake, ids: tuple[int, ...]) -> Iterator[str]:
    theirs = pa.array(ids, pa.int64())
    for day in lake.days(ENRICHED_UPDATES.name):
        with lake.open(ENRICHED_UPDATES.name, day) as partition:
            for batch in partition.batches(["user_id", *WRITTEN_COLUMNS]):
                others = batch.filter(pc.invert(pc.is_in(batch["user_id"], value_set=theirs)))
                for name in WRITTEN_COLUMNS:
                    yield from filter(None, others[name].to_pylist())


def forget(places: ForgetPlaces, census: Census, key: Secret, tools: ForgetTools) -> ForgetResult:
    """Forget a person, and search for what is left; raises StoreError.

    `census` is what was found about them. Each step can be repeated: if this is interrupted
    anywhere, the same call does the rest.
    """
    begun_at = tools.now()
    traces = traces_of(places, census, key, tools)
    tools.on_step("tombstones")
    tombstone = _write_tombstones(places, traces, key, begun_at)
    tools.on_step("history")
    runs = places.history.purge(traces, is_final=False)
    for path in places.line_files:
        clean_lines(path, traces)
    tools.on_step("landing")
    counts = _rewrite(places, traces, key, tools)
    tools.on_step("build")
    places.build()
    tools.on_step("late updates")
    if _rewrite_late(places, traces, key, tombstone, tools):
        places.build()
    tools.on_step("versions")
    _purge_versions(places, traces, begun_at, tools)
    tools.on_step("history again")
    runs += places.history.purge(traces, is_final=True)
    tools.on_step("search")
    findings = search(places, traces, tools)
    result = ForgetResult(counts, runs, findings)
    tools.on_step("completion")
    user_id = traces.subject.user_id
    complete(places.landing, key, user_id, tools.now() if result.is_complete else None)
    return result


def _write_tombstones(
    places: ForgetPlaces, traces: Traces, key: Secret, now: datetime
) -> Tombstone:
    digests = digests_of(key, traces.subject)
    return write_tombstones(places.landing, key, traces.subject.user_id, digests, now)


def _rewrite(
    places: ForgetPlaces, traces: Traces, key: Secret, tools: ForgetTools
) -> RewriteCounts:
    """Rewrite the landing zone, and again if somebody else is forgotten at the same time.

    Another command may have replaced an object by one with the person of this command, if it had
    listed the tombstones before these were written, and the reverse.
    """
    counts = RewriteCounts()
    seen: Tombstones | None = None
    while seen is None or seen.digests != (now := _tombstones(places, key)).digests:
        seen = now if seen else _tombstones(places, key)
        with tools.bar("rewriting the landing zone", count_objects(places.landing)) as advance:
            counts.add(rewrite(places.landing, seen, traces, on_progress=advance))
    return counts


def _rewrite_late(
    places: ForgetPlaces, traces: Traces, key: Secret, tombstone: Tombstone, tools: ForgetTools
) -> bool:
    """Rewrite what was stored by writers that did not know the tombstones yet.

    Returns whether there was anything. On a disk, writers list the tombstones before each write.
    """
    since = tombstone.forgotten_at
    if since is None or not isinstance(places.landing, S3Store):
        return False
    remaining = since + LATE_WRITES - tools.now()
    if remaining > timedelta():
        tools.sleep(remaining.total_seconds())
    counts = rewrite(
        places.landing, _tombstones(places, key), traces, since=since - CLOCK_DIFFERENCE
    )
    return bool(counts.own + counts.of_others)


def _tombstones(places: ForgetPlaces, key: Secret) -> Tombstones:
    with translate_errors(places.landing):
        return retry(lambda: read_tombstones(places.landing, key))


def _purge_versions(
    places: ForgetPlaces, traces: Traces, begun_at: datetime, tools: ForgetTools
) -> None:
    """Delete the versions with the person, and what builds neither replace nor remove."""
    remove_leftovers(_folders(places), tools.now())
    for store, is_derived in ((places.landing, False), (places.lake.store, True)):
        if isinstance(store, S3Store):
            _purge_bucket(VersionedBucket.of(store), traces, begun_at, tools, is_derived=is_derived)
    if places.results is not None:
        with tools.bar("deleting Athena's results", 0) as advance:
            places.results.delete(result_versions(places.results), advance)
            places.results.abort_uploads(begun_at)


def _purge_bucket(
    bucket: VersionedBucket,
    traces: Traces,
    begun_at: datetime,
    tools: ForgetTools,
    *,
    is_derived: bool,
) -> None:
    """Delete old versions: of derived data all, of the landing zone those with the person."""
    with tools.bar(f"old versions in {bucket.uri}", 0) as advance:
        old = (
            bucket.noncurrent()
            if is_derived
            else bucket.contaminated(
                lambda name, body: is_in_old_version(name, body, traces), on_progress=advance
            )
        )
        bucket.delete(list(old), advance)
        bucket.delete_lone_markers()
        bucket.abort_uploads(begun_at)


def search(places: ForgetPlaces, traces: Traces, tools: ForgetTools) -> list[Finding]:
    """Search all places; a place that can't be reached is a finding, too."""
    findings = [*places.unreachable]

    def look(place: str, total: int, action: Callable[[Finding, Advance], None]) -> None:
        finding = Finding(place)
        try:
            with tools.bar(f"searching {place}", total) as advance:
                action(finding, advance)
        except (StoreError, OSError) as error:
            finding.unreachable = str(error)
        findings.append(finding)

    landing, lake = places.landing, places.lake.store
    look(
        "landing zone",
        count_objects(landing),
        lambda finding, advance: search_landing(landing, traces, finding, advance),
    )
    look(
        "lake",
        count_objects(lake),
        lambda finding, advance: search_lake(lake, traces, finding, advance),
    )
    for name, store, check in (
        ("old versions of the landing zone", landing, is_in_old_version),
        ("old versions of the lake", lake, is_in_object),
    ):
        if isinstance(store, S3Store):
            bucket = VersionedBucket.of(store)

            def search_versions(
                finding: Finding,
                advance: Advance,
                bucket: VersionedBucket = bucket,
                check: Callable[[str, bytes, Traces], bool] = check,
            ) -> None:
                finding.searched = sum(1 for _ in bucket.noncurrent())
                for version in bucket.contaminated(
                    lambda key, body: check(key, body, traces), advance
                ):
                    finding.left += 1
                    finding.examples.append(f"{bucket.key(version)} ({version.version_id})")

            look(name, 0, search_versions)
    if places.results is not None:
        results = places.results

        def count_results(finding: Finding, _: Advance) -> None:
            for version in result_versions(results):
                finding.count(f"{version.full_key} ({version.version_id})", is_in=True)

        look(ATHENA_RESULTS, 0, count_results)
    findings += places.history.search(traces)
    excluded = (*_folders(places), *places.searched_elsewhere)
    look(
        "other files of this machine",
        0,
        lambda finding, _: search_folder(places.state_folder, traces, finding, without=excluded),
    )
    return findings


def _folders(places: ForgetPlaces) -> tuple[Path, ...]:
    """Return the folders of the landing zone and of the lake, as far as they are on disk."""
    stores = (places.landing, places.lake.store)
    return tuple(
        Path(store.prefix)
        for store in stores
        if isinstance(store, LocalStore) and store.prefix is not None
    )
