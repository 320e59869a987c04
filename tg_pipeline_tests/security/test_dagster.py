"""Dagster keeps no secret in its history or logs, and shows none in its UI."""

import signal
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline_tests.cli.builds.up_process import Up, start_up
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.security.pages import launch, launch_with, pages, runs
from tg_pipeline_tests.security.search import Text, files_below, holds, secrets_in

pytestmark = pytest.mark.slow

NAMES: Final = (
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_SECRET_TOKEN", "AWS_SECRET_ACCESS_KEY"),
    *("FORWARD_URL", "FORWARD_SECRET_TOKEN"),
)
"""Variables whose values are secrets of the search."""

WORDS = "a sandwich with pastrami"
"""A message is not a secret: previews show it, so the search must find it."""


@pytest.fixture
def up(house: Shell, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    """Start a UI with previews for a project: a message has landed, and a build has failed."""
    monkeypatch.setenv("TG_PREVIEWS", "yes")
    telegram.user_sends(5, WORDS)
    house.run("poll", "--once")
    lake = house.folder / "a lake that can't be written"
    (lake / "raw_updates" / f"context_date={today()}" / "part-0.parquet").mkdir(parents=True)
    house.run("run", "--date", "today", settings={"TG_LAKE_URI": lake.as_uri()})
    running = start_up(house)
    try:
        running.wait_until(running.is_ui_up, "the UI is up")
        yield running
    finally:
        running.kill()


def today() -> date:
    return datetime.now(ZoneInfo(zone_at_noon())).date()


def configs(name: str) -> list[dict[str, Any]]:
    """Return run configs that name a variable wherever a value can be."""
    reference = {"env": name}
    resources: list[dict[str, Any]] = [
        *({name: {"config": {"uri": reference}}} for name in ("lake", "landing", "clock")),
        {"lake": {"config": reference}},
        {"io_manager": {"config": {"base_dir": reference}}},
    ]
    return [
        *({"resources": each} for each in resources),
        {"ops": {"raw_updates": {"config": {"full": reference}}}},
        {"ops": {"raw_updates": {"config": reference}}},
        {"loggers": {"console": {"config": {"log_level": reference}}}},
        {"loggers": {"console": {"config": {"name": reference}}}},
        {"execution": {"config": {"marker_to_close": reference}}},
    ]


def test_a_launch_that_names_variables_reveals_none(up: Up, house: Shell) -> None:
    # Given launches that name each secret in each place of a run config
    answers = [
        launch_with(up, "updates_job", str(today()), config)
        for name in NAMES
        for config in configs(name)
    ]
    assert {each["launchRun"]["__typename"] for each in answers} == {"RunConfigValidationInvalid"}

    # When the pages have been read, and all is stopped
    shown = [Text("the answers", str(answers).encode()), *pages(up)]
    assert up.stop(signal.SIGTERM) == 0

    # Then no secret is on a page, in a file, or in what was printed
    assert secrets_in([*shown, *files_below(house.folder)]) == []


def test_no_page_and_no_file_contains_a_secret(up: Up, house: Shell) -> None:
    # Given a run launched in the UI, after the one that failed
    run = launch(up, str(today()))
    up.wait_until(lambda: runs(up)[run] == "SUCCESS", "the run has ended")
    assert "FAILURE" in runs(up).values()

    # When all pages have been read, and all is stopped
    shown = [*pages(up), Text("the list of processes", str(up.living()).encode())]
    assert up.stop(signal.SIGTERM) == 0
    kept = list(files_below(house.folder))

    # Then no secret is there
    assert secrets_in([*shown, *kept]) == []
    # And it would have been found: what a user wrote is on pages, and in Dagster's history
    assert any(holds(page.content, WORDS) for page in shown)
    assert any(holds(file.content, WORDS) for file in kept if "/history/" in file.place)
