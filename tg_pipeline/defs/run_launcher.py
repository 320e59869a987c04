"""Dagster's own launcher, and beside that a way to tell whether the runs still live.

Dagster's does not look after runs whose code server has died with them, nor after those of
`tg-pipeline run`: they would be "under way" for ever, and all that waits for them with them.
"""

import os
import signal

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.storage.tags import MAX_RETRIES_TAG

from tg_pipeline.defs.pools import open_pools
from tg_pipeline.defs.run_health import why_gone
from tg_pipeline.defs.run_process import PROCESS_TAG, RunProcess


class WatchedRunLauncher(DefaultRunLauncher):
    """Runs in processes that the code server starts, watched by Dagster's run monitoring.

    `dagster.yaml` names it. https://docs.dagster.io/deployment/execution/run-monitoring
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run, with its pools; one with a command's tags is tried again as any other."""
        run, pools = context.dagster_run, context.dagster_run.run_op_concurrency
        open_pools(self._instance, (pools.all_pools or ()) if pools else ())
        if PROCESS_TAG in run.tags:
            retries = str(self._instance.run_retries_max_retries)
            self._instance.add_run_tags(run.run_id, {MAX_RETRIES_TAG: retries})
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
        process = RunProcess.of(run_id, run.tags) if run and not run.is_finished else None
        if run is None or process is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        if not process.is_here or process.has_ended:
            return False
        os.kill(process.pid, signal.SIGINT)
        return True
