"""Runs of Dagster's history that should have ended, as problems of the pipeline's status.

Without a daemon nobody ends them: `tg-pipeline status --check` reports them, and the next
`tg-pipeline run` marks them as failed.
"""

import os
from collections.abc import Iterator
from contextlib import chdir
from datetime import date, datetime
from pathlib import Path

import msgspec

from tg_pipeline.builds.monitoring.status import Problem, ProblemKind
from tg_pipeline.exceptions import CommandError
from tg_pipeline.report.messages import load_messages
from tg_pipeline.settings import STATE_FOLDER, home_folder


def stuck_run_problems(now: datetime, language: str) -> Iterator[Problem]:
    """Yield a failing problem for each stuck run of Dagster's history, if there is a history.

    A history that can't be opened is a problem that fails nothing. `now` must have a time zone.
    """
    if not has_history():
        return
    # Dagster takes a second to import.
    from tg_pipeline.cli.builds.dagster_instance import open_instance  # noqa: PLC0415
    from tg_pipeline.defs.partitions import dates_of_tags  # noqa: PLC0415
    from tg_pipeline.defs.stuck_runs import overdue_runs  # noqa: PLC0415

    try:
        with open_instance() as instance:
            for stuck in overdue_runs(instance, now):
                days: list[date | None] = [*dates_of_tags(stuck.run.tags), None]
                yield Problem(ProblemKind.STUCK_RUN, days[0], stuck.describe(language))
    except CommandError as error:
        message = load_messages(language).problems.unknown_runs.format(error=error)
        yield Problem(ProblemKind.STUCK_RUN, None, message, is_failure=False)


def has_history() -> bool:
    """Return whether Dagster has a history here, without creating one.

    A history in a database server counts as one; raises nothing.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or home_folder() / STATE_FOLDER / "dagster")
    try:
        config = msgspec.yaml.decode((home / "dagster.yaml").read_bytes()) or {}
    except (OSError, msgspec.DecodeError):
        config = {}
    storage = config.get("storage") or {} if isinstance(config, dict) else {}
    if storage and "sqlite" not in storage:
        return True
    folder = (storage.get("sqlite") or {}).get("base_dir") or home
    if isinstance(folder, dict):  # the name of an environment variable
        folder = os.environ.get(str(folder.get("env")), home)
    with chdir(home_folder()):
        return Path(folder, "history", "runs.db").exists()
