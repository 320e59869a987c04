"""A deployment's runs and backfills, from the GraphQL that the UI queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

Ask = Callable[..., Any]

LAUNCH_BACKFILL = """mutation ($params: LaunchBackfillParams!) {
    launchPartitionBackfill(backfillParams: $params) {
        __typename
        ... on LaunchBackfillSuccess { backfillId }
        ... on PythonError { message }
    }
}"""

BACKFILLS = """{
    partitionBackfillsOrError {
        ... on PartitionBackfills { results { id status } }
    }
}"""

RUNS = """{
    runsOrError(limit: 200) {
        ... on Runs { results { runId jobName status tags { key value } } }
    }
}"""


@dataclass(frozen=True)
class Run:
    """A run of a job."""

    run_id: str
    job: str
    status: str
    tags: dict[str, str]

    @classmethod
    def parse(cls, result: dict[str, Any]) -> Self:
        tags = {tag["key"]: tag["value"] for tag in result["tags"]}
        return cls(result["runId"], result["jobName"], result["status"], tags)

    @property
    def is_final_failure(self) -> bool:
        return self.status == "FAILURE" and self.tags.get("dagster/will_retry") != "true"


@dataclass(frozen=True)
class History:
    """All runs and backfills."""

    ask: Ask

    def __str__(self) -> str:
        return "\n".join(map(str, self.runs()))

    def runs(self, status: str | None = None, **tags: str) -> list[Run]:
        """Return the runs with a status and with tags of Dagster's, newest first."""
        wanted = {f"dagster/{name}": value for name, value in tags.items()}
        return [
            run
            for run in map(Run.parse, self._results(RUNS, "runsOrError"))
            if status in {None, run.status} and wanted.items() <= run.tags.items()
        ]

    def launch_backfill(self, tables: Sequence[str], days: Sequence[date]) -> str:
        """Launch a backfill of tables, as the UI's dialog does; return its id."""
        asked = {
            "assetSelection": [{"path": [table]} for table in tables],
            "partitionNames": [day.isoformat() for day in days],
        }
        answer = self.ask(LAUNCH_BACKFILL, params=asked)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfills(self) -> dict[str, str]:
        """Return the state of each backfill by its id, newest first."""
        found = self._results(BACKFILLS, "partitionBackfillsOrError")
        return {each["id"]: each["status"] for each in found}

    def _results(self, query: str, name: str) -> list[dict[str, Any]]:
        """Return the results of a query; none if it fails, as one may after Postgres restarts."""
        results: list[dict[str, Any]] = self.ask(query)[name].get("results", [])
        return results
