"""Dagster's history of a deployment, as its UI tells it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline_tests.integration.deployment.questions import BACKFILLS, LAUNCH_BACKFILL, RUNS

Ask = Callable[..., Any]

RANGE = "dagster/asset_partition_range"


@dataclass(frozen=True)
class Run:
    """A run: its job, its state, its tags, and the tables it was to build."""

    run_id: str
    job: str
    status: str
    tags: dict[str, str]
    tables: list[str]

    @classmethod
    def told(cls, told: dict[str, Any]) -> Self:
        """Read a run as GraphQL gives it."""
        tags = {tag["key"]: tag["value"] for tag in told["tags"]}
        tables = ["/".join(key["path"]) for key in told["assetSelection"] or []]
        return cls(told["runId"], told["jobName"], told["status"], tags, tables)

    @property
    def days(self) -> list[date]:
        """Return the days that it was to build."""
        first = self.tags.get(f"{RANGE}_start", self.tags.get("dagster/partition"))
        last = self.tags.get(f"{RANGE}_end", first)
        if not first or not last:
            return []
        return list(iter_days(date.fromisoformat(first), date.fromisoformat(last)))


@dataclass(frozen=True)
class History:
    """All runs and backfills, queried each time."""

    ask: Ask

    def __str__(self) -> str:
        """Return all runs, a line each."""
        return "\n".join(map(str, self.runs()))

    def runs(self, status: str | None = None, **tags: str) -> list[Run]:
        """Return the runs of that state with these of Dagster's tags, newest first."""
        wanted = {f"dagster/{name}": value for name, value in tags.items()}
        found = map(Run.told, self.ask(RUNS)["runsOrError"]["results"])
        return [
            run
            for run in found
            if status in {None, run.status} and wanted.items() <= run.tags.items()
        ]

    def launch_backfill(self, tables: Sequence[str], days: Sequence[date]) -> str:
        """Ask for tables of these days, as the UI's dialog does; give the backfill's id."""
        asked = {
            "assetSelection": [{"path": [table]} for table in tables],
            "partitionNames": [day.isoformat() for day in days],
        }
        answer = self.ask(LAUNCH_BACKFILL, params=asked)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfills(self) -> dict[str, str]:
        """Return the state of each backfill by its id, newest first."""
        results = self.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]
        return {each["id"]: each["status"] for each in results}
