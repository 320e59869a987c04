"""Runs in this very process, that others in Dagster take turns with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import dagster as dg

from tg_pipeline.cli.turns import Turns
from tg_pipeline.definitions import defs
from tg_pipeline.defs.abandoned_runs import free_pools
from tg_pipeline.defs.pools import open_pools
from tg_pipeline.defs.run_launcher import WatchedRunLauncher
from tg_pipeline.defs.run_process import RunProcess, this_process
from tg_pipeline.exceptions import CommandError

NOT_BY_ITSELF: Final = {"dagster/max_retries": "0"}
"""Whoever typed the command has seen it fail: Dagster's daemon is not to start it again."""


@dataclass(frozen=True, slots=True)
class OwnRuns:
    """A maker of runs."""

    instance: dg.DagsterInstance
    turns: Turns
    process: RunProcess
    """Where all of them live."""

    def make(self, job: str, tags: Mapping[str, str], config: dict[str, Any]) -> None:
        """Make a run of a job, and wait for its end; raises what it fails at."""
        run_id, definition = str(uuid4()), defs.resolve_job_def(job)
        open_pools(
            self.instance, {pool for node in definition.nodes for pool in node.definition.pools}
        )
        try:
            with self.turns.watched(run_id):
                definition.execute_in_process(
                    instance=self.instance,
                    tags={**self.process.tags(run_id), **NOT_BY_ITSELF, **tags},
                    run_config=config,
                    run_id=run_id,
                )
        finally:
            free_pools(self.instance, run_id)


@contextmanager
def own_runs(instance: dg.DagsterInstance) -> Iterator[OwnRuns]:
    """Give a maker of runs that others can tell to be alive, as long as this process is."""
    launcher = instance.run_launcher
    if launcher.supports_check_run_worker_health and not isinstance(launcher, WatchedRunLauncher):
        raise CommandError(
            f"{type(launcher).__name__} starts this Dagster's runs, and would take one of this "
            "command for dead: launch the days in Dagster's UI."
        )
    turns = Turns(instance)
    with this_process(Path(instance.root_directory) / "processes") as process:
        turns.end_abandoned()
        yield OwnRuns(instance, turns, process)
