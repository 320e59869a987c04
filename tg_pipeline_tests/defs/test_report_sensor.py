"""When the report is written: once marts were built that it does not know."""

from collections.abc import Iterator

import dagster as dg
import pytest

from tg_pipeline.defs.failures import ATTEMPTS
from tg_pipeline.defs.report_sensor import report_sensor


class History:
    """A Dagster instance, and what happened in it."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance

    def built(self, asset: str) -> None:
        """Let a run of anybody's build an asset."""

        @dg.asset(name=asset)
        def build() -> None: ...

        dg.materialize([build], instance=self.instance)

    def failed(self, job: str) -> None:
        """Let a run of a job fail."""

        @dg.op
        def fail() -> None:
            raise dg.Failure("The store is closed.", allow_retries=False)

        @dg.job(name=job)
        def failing() -> None:
            fail()

        failing.execute_in_process(instance=self.instance, raise_on_error=False)

    def begun(self) -> None:
        """Let a run be under way."""

        @dg.job
        def another() -> None: ...

        self.instance.create_run_for_job(another, status=dg.DagsterRunStatus.STARTED)

    def asked(self) -> str | None:
        """Give the key of the run that the sensor asks for, if it does."""
        found = report_sensor(dg.build_sensor_context(instance=self.instance))
        return found.run_key if isinstance(found, dg.RunRequest) else None


@pytest.fixture
def history() -> Iterator[History]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield History(instance)


def test_without_marts_there_is_no_report(history: History) -> None:
    assert history.asked() is None

    history.built("daily_activity")
    assert history.asked() is None


def test_the_report_follows_the_marts_whoever_built_them(history: History) -> None:
    history.built("messages")
    first = history.asked()
    assert first

    history.built("report")
    assert history.asked() is None

    history.built("threads")
    again = history.asked()
    assert again
    assert again != first, "Dagster starts no second run of the same key"


def test_while_a_run_is_under_way_the_report_waits(history: History) -> None:
    history.built("messages")
    history.begun()

    assert history.asked() is None


def test_a_report_that_failed_is_asked_for_again_a_few_times(history: History) -> None:
    history.built("messages")

    keys = []
    while key := history.asked():
        keys.append(key)
        history.failed("report_job")

    assert len(set(keys)) == len(keys) == ATTEMPTS
