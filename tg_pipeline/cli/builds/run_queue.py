"""Runs submitted to the Dagster of `tg-pipeline up`: its daemon executes them, its UI shows them.

Dagster's timeline groups runs by code location, which only runs launched through a webserver have.
"""

from collections.abc import Callable, Mapping
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import webserver_file

if TYPE_CHECKING:
    from dagster_graphql import DagsterGraphQLClient

CONNECT_TIMEOUT: Final = 2.0
POLL_INTERVAL: Final = 0.5
"""Seconds."""


class RunQueue:
    """The run queue of a Dagster whose UI and daemon are running."""

    def __init__(self, client: "DagsterGraphQLClient", instance: dg.DagsterInstance) -> None:
        """Submit through `client`, and follow the runs in the `instance` that both use."""
        self._client, self._instance = client, instance

    @classmethod
    def find(cls, instance: dg.DagsterInstance) -> "RunQueue | None":
        """Return the queue of the UI that `tg-pipeline up` runs, or None if there is none."""
        try:
            url = webserver_file().read_text("utf-8")
        except OSError:
            return None
        # Imported here: they take 0.2 s, and most runs have no UI beside them.
        import requests  # noqa: PLC0415
        from dagster_graphql import (  # noqa: PLC0415
            DagsterGraphQLClient,
            DagsterGraphQLClientError,
        )

        try:
            if not requests.get(f"{url}/server_info", timeout=CONNECT_TIMEOUT).ok:
                return None
            return cls(DagsterGraphQLClient(url.removeprefix("http://")), instance)
        except (OSError, DagsterGraphQLClientError):
            return None

    def run(
        self,
        job: str,
        tags: Mapping[str, str],
        config: dict[str, Any],
        on_partition: Callable[[str], None],
    ) -> None:
        """Submit a run and wait for its end, calling `on_partition` for each partition it wrote.

        Raises CommandError if it fails. KeyboardInterrupt terminates the run.
        """
        from dagster_graphql import DagsterGraphQLClientError  # noqa: PLC0415 - as in `find`

        try:
            run_id = self._client.submit_job_execution(job, run_config=config, tags=dict(tags))
        except DagsterGraphQLClientError as error:
            raise CommandError(f"Dagster's UI refuses the run: {error}") from error
        try:
            self._follow(run_id, on_partition)
        except KeyboardInterrupt:
            self._client.terminate_run(run_id)
            raise

    def _follow(self, run_id: str, on_partition: Callable[[str], None]) -> None:
        cursor: str | None = None
        while True:
            run = self._instance.get_run_by_id(run_id)
            page = self._instance.get_records_for_run(
                run_id, cursor, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
            )
            cursor = page.cursor
            for record in page.records:
                event = record.event_log_entry.dagster_event
                if event and event.asset_key:
                    on_partition(
                        " ".join(filter(None, [event.asset_key.path[-1], event.partition]))
                    )
            if run is None or run.is_finished:
                break
            sleep(POLL_INTERVAL)
        if run is None or not run.is_success:
            raise CommandError(self._reason(run_id))

    def _reason(self, run_id: str) -> str:
        """Return what the run failed at."""
        kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
        for entry in self._instance.all_logs(run_id, of_type=kinds):
            event = entry.dagster_event
            if event and event.is_step_failure:
                failure = event.step_failure_data
                if failure.user_failure_data and failure.user_failure_data.description:
                    return failure.user_failure_data.description
                if failure.error:
                    return failure.error.message.strip().splitlines()[0]
        return f"run {run_id[:8]} did not succeed; see it in Dagster's UI"
