"""Dagster's history without a person: runs whose events contain them, logs and databases.

Previews and digests were copied into the history when they were made, so it can hold names and
texts of rows that are gone.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import dagster as dg

from tg_pipeline.cli.builds.dagster_instance import open_instance
from tg_pipeline.privacy.local_files import vacuum
from tg_pipeline.privacy.search import Finding, search_folder
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.settings import dagster_home

PAGE_RUNS: Final = 100
"""Runs that are read at once."""

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]

STILL_RUNNING: Final = "{} of its runs have not ended: stop them, or wait, and run forget again"
LOCKED: Final = "{} is in use: stop Dagster (tg-pipeline up), and run forget again"


class DagsterHistory:
    """The history of the Dagster instance of this machine."""

    def __init__(self, bar: Bar, others: tuple[Path, ...]) -> None:
        """Show progress in bars; the folders `others` are other places, and not searched here."""
        self._bar, self._others = bar, others
        self._unfinished = 0
        self._locked: list[str] = []

    def purge(self, traces: Traces, *, is_final: bool) -> int:
        """Delete the runs that contain the person; return their number.

        The final call also deletes what an asset shows of its last run, if that contains the
        person and no build has replaced it; and it rewrites the databases without what was deleted.
        """
        with open_instance() as instance:
            deleted = self._delete_runs(instance, traces)
            if is_final:
                _wipe_assets(instance, traces)
        if is_final:
            self._locked = vacuum(dagster_home())
        return deleted

    def count_runs(self, traces: Traces) -> int:
        """Return the number of runs that contain the person."""
        with open_instance() as instance:
            return sum(_contains(instance, run, traces) for run in self._runs(instance))

    def search(self, traces: Traces) -> list[Finding]:
        """Search Dagster's folder: its databases, value by value, and the logs of runs."""
        finding = Finding("Dagster's history")
        if self._unfinished:
            finding.unreachable = STILL_RUNNING.format(self._unfinished)
        if self._locked:
            finding.unreachable = LOCKED.format(self._locked[0])
        try:
            search_folder(dagster_home(), traces, finding, without=self._others)
        except OSError as error:
            finding.unreachable = str(error)
        return [finding]

    def _delete_runs(self, instance: dg.DagsterInstance, traces: Traces) -> int:
        self._unfinished = deleted = 0
        for run in list(self._runs(instance)):
            if not _contains(instance, run, traces):
                continue
            if not run.is_finished:
                self._unfinished += 1
                continue
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            instance.delete_run(run.run_id)
            deleted += 1
        return deleted

    def _runs(self, instance: dg.DagsterInstance) -> Iterator[dg.DagsterRun]:
        """Yield all runs, with a bar."""
        with self._bar("searching Dagster's runs", instance.get_runs_count()) as advance:
            cursor: str | None = None
            while page := instance.get_run_records(limit=PAGE_RUNS, cursor=cursor):
                for record in page:
                    yield record.dagster_run
                    advance(1)
                cursor = page[-1].dagster_run.run_id


def _contains(instance: dg.DagsterInstance, run: dg.DagsterRun, traces: Traces) -> bool:
    if traces.in_text(repr(run)):
        return True
    return any(traces.in_text(repr(entry)) for entry in instance.all_logs(run.run_id))


def _wipe_assets(instance: dg.DagsterInstance, traces: Traces) -> None:
    for key in instance.get_asset_keys():
        if traces.in_text(repr(instance.get_asset_records([key]))):
            instance.wipe_assets([key])
