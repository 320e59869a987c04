"""Dagster's own launcher, and beside that a way to tell whether the runs still live.

Dagster's does not look after runs whose code server has died with them, nor after those of
`tg-pipeline run`: they would be "under way" for ever, and all that waits for them with them.
"""

import os
import signal

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.launcher.base import LaunchRunContext

from tg_pipeline.defs.pools import open_pools
from tg_pipeline.defs.run_health import why_gone
from tg_pipeline.defs.run_process import RunProcess


class WatchedRunLauncher(DefaultRunLauncher):
    """Runs in processes that the code server starts, watched by Dagster's run monitoring.

    `dagster.yaml` names it. https://docs.dagster.io/deployment/execution/run-monitoring
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run, whose pools must be there by then."""
        concurrency = context.dagster_run.run_op_concurrency
        open_pools(self._instance, (concurrency.all_pools or ()) if concurrency else ())
        super().launch_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Say that run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Say whether a run lives; one of which nothing can be told is taken to."""
        gone = why_gone(self._instance, run)
        status = WorkerStatus.NOT_FOUND if gone else WorkerStatus.RUNNING
        return CheckRunHealthResult(status, gone)

    def terminate(self, run_id: str) -> bool:
        """Stop a run as asked in the UI; say whether it could be told to."""
        run = self._instance.get_run_by_id(run_id)
        process = RunProcess.of(run.tags) if run and not run.is_finished else None
        if run is None or process is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        if not process.is_here or process.has_ended:
            return False
        os.kill(process.pid, signal.SIGINT)
        return True
