"""`tg-pipeline sample`: the same month for the same options, and a demo that ends yesterday."""

import os
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from lambda_ingest.landing import day_prefix
from tg_pipeline.cli.ingestion import land as land_module
from tg_pipeline.cli.ingestion.land import land
from tg_pipeline.cli.ingestion.sample import land_sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.sample import SAMPLE_BOT_ID
from tg_pipeline.settings import Settings
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.cloudformation.template import CHECKOUT

TODAY = date(2025, 10, 7)
YESTERDAY = TODAY - timedelta(days=1)


@dataclass(frozen=True)
class Home:
    """A home folder that the commands use with their default settings, and with an update."""

    folder: Path

    @property
    def update(self) -> Path:
        return self.folder / "one.json"

    @property
    def zone(self) -> Path:
        return self.folder / ".tg_pipeline" / "landing" / "telegram"

    def settings(self) -> Settings:
        return Settings.from_environment(os.environ, self.folder)

    def sample(self, start: date | None = None, days: int = 30, per_day: int = 20) -> None:
        """Land a sample on TODAY, from `start` or as a demo."""
        land_sample(
            self.settings(),
            TODAY,
            days=days,
            per_day=per_day,
            start=str(start) if start else None,
            seed=1,
            batch=0,
            demo=start is None,
            stdout=False,
        )

    def landed(self) -> dict[str, float]:
        """Return the modification time of each landed object, by day and name."""
        paths = self.zone.rglob("*.json")
        return {str(path.relative_to(self.zone)): path.stat().st_mtime for path in paths}

    def last_day(self) -> str:
        return max(self.landed()).partition("/")[0].removeprefix("context_date=")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path)
    monkeypatch.setenv("TG_TIMEZONE", "UTC")
    monkeypatch.setenv("TG_START_DATE", str(TODAY - timedelta(days=60)))
    monkeypatch.setattr(land_module, "load_settings", home.settings)
    home.update.write_text('{"update_id": 1}')
    return home


def test_the_same_options_print_the_same_updates(shell: Shell) -> None:
    options = ("--days", "2", "--per-day", "30", "--start", str(FIRST_DAY), "--stdout")

    first, second = (shell.run("sample", *options).stdout for _ in range(2))

    assert first == second
    assert len(first.splitlines()) >= 40
    assert shell.landed() == []


def test_a_demo_of_an_earlier_day_is_continued_up_to_yesterday(home: Home) -> None:
    # Given a sample that ended a week ago
    home.sample(start=TODAY - timedelta(days=27), days=20)
    before = home.landed()

    # When the demo is run again
    home.sample()

    # Then the days up to yesterday have been added, and every update before them is unchanged
    after = home.landed()
    assert home.last_day() == str(YESTERDAY)
    assert {key: after[key] for key in before} == before

    # And a further run on the same day adds nothing
    home.sample()
    assert home.landed() == after


def test_no_demo_is_landed_among_the_updates_of_a_real_bot(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    land([home.update], bot_id=9)

    home.sample()

    assert "Updates of bot 9 have landed already; no sample is landed" in capsys.readouterr().out
    assert len(home.landed()) == 1


def test_a_demo_ends_yesterday_and_admits_no_updates_of_a_real_bot(home: Home) -> None:
    home.sample(days=3)

    assert home.last_day() == str(YESTERDAY)
    with pytest.raises(CommandError, match="The landing zone holds the sample"):
        land([home.update], bot_id=9)
    land([home.update], bot_id=SAMPLE_BOT_ID)


def make_clean(home: Home) -> int:
    state = f"STATE={home.folder / '.tg_pipeline'}"
    make = ["make", "--silent", "-C", str(CHECKOUT), "clean", state]
    return subprocess.run(make, check=False, capture_output=True).returncode


def test_make_clean_deletes_the_sample_and_never_updates_of_a_real_bot(home: Home) -> None:
    home.sample(days=1, per_day=2)
    land([home.update], bot_id=SAMPLE_BOT_ID)
    updates = home.landed()
    real = home.zone.parent / day_prefix(TODAY) / "9-1.json"
    real.parent.mkdir(exist_ok=True)
    real.write_text("{}")

    assert make_clean(home) != 0
    assert len(home.landed()) == len(updates) + 1

    real.unlink()
    assert make_clean(home) == 0
    assert list(home.folder.iterdir()) == [home.update]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (("TELEGRAM_BOT_TOKEN", "9:" + "a" * 35), "TELEGRAM_BOT_TOKEN is set"),
        (("TG_LANDING_URI", "memory:///"), "TG_LANDING_URI is set"),
        (("TG_START_DATE", str(TODAY)), "is later than yesterday"),
    ],
)
def test_no_demo_is_landed_with_settings_of_a_real_bot(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: tuple[str, str],
    reason: str,
) -> None:
    monkeypatch.setenv(*setting)

    home.sample()

    assert reason in capsys.readouterr().out
