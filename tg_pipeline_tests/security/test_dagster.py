"""Dagster keeps no secret in its history or logs, and shows none in its UI."""

import signal
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.cli.up_process import Up, start_up
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.security.pages import launch, pages, runs
from tg_pipeline_tests.security.search import Text, files_below, holds, secrets_in

pytestmark = pytest.mark.slow

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
