"""`tg-pipeline sample`: the same month for the same options, and a demo that ends yesterday."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lambda_ingest.landing import day_prefix
from tg_pipeline.cli.ingestion import land as land_module
from tg_pipeline.cli.ingestion import sample as sample_module
from tg_pipeline.cli.ingestion.land import land
from tg_pipeline.cli.ingestion.sample import sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.sample import SAMPLE_BOT_ID
from tg_pipeline.settings import Settings
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.cloudformation.template import CHECKOUT

TODAY = datetime.now(UTC).date()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with an update, which the commands use with their default settings."""
    monkeypatch.setenv("TG_TIMEZONE", "UTC")
    monkeypatch.setenv("TG_START_DATE", str(TODAY - timedelta(days=60)))
    for module in (sample_module, land_module):
        monkeypatch.setattr(
            module, "load_settings", lambda: Settings.from_environment(os.environ, tmp_path)
        )
    (tmp_path / "one.json").write_text('{"update_id": 1}')
    return tmp_path


def landed(home: Path) -> dict[str, float]:
    """Return the modification time of each landed object, by day and name."""
    zone = home / ".tg_pipeline" / "landing" / "telegram"
    return {str(path.relative_to(zone)): path.stat().st_mtime for path in zone.rglob("*.json")}


def last_day(home: Path) -> str:
    return max(landed(home)).partition("/")[0].removeprefix("context_date=")


def test_the_same_options_print_the_same_updates(shell: Shell) -> None:
    options = ("--days", "2", "--per-day", "30", "--start", str(FIRST_DAY), "--stdout")

    first, second = (shell.run("sample", *options).stdout for _ in range(2))

    assert first == second
    assert len(first.splitlines()) >= 40
    assert shell.landed() == []


def test_a_demo_of_an_earlier_day_is_continued_up_to_yesterday(home: Path) -> None:
    # Given a sample that ended a week ago
    sample(start=str(TODAY - timedelta(days=27)), days=20, per_day=20)
    before = landed(home)

    # When the demo is run again
    sample(demo=True, per_day=20)

    # Then the days up to yesterday have been added, and every update before them is unchanged
    after = landed(home)
    assert last_day(home) == str(TODAY - timedelta(days=1))
    assert {key: after[key] for key in before} == before

    # And a further run on the same day adds nothing
    sample(demo=True, per_day=20)
    assert landed(home) == after


def test_no_demo_is_landed_among_the_updates_of_a_real_bot(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    land([home / "one.json"], bot_id=9)

    sample(demo=True)

    assert "Updates of bot 9 have landed already; no sample is landed" in capsys.readouterr().out
    assert len(landed(home)) == 1


def test_a_demo_ends_yesterday_and_admits_no_updates_of_a_real_bot(home: Path) -> None:
    sample(demo=True, days=3, per_day=20)

    assert last_day(home) == str(TODAY - timedelta(days=1))
    with pytest.raises(CommandError, match="The landing zone holds the sample"):
        land([home / "one.json"], bot_id=9)
    land([home / "one.json"], bot_id=SAMPLE_BOT_ID)


def make_clean(home: Path) -> int:
    make = ["make", "--silent", "-C", str(CHECKOUT), "clean", f"STATE={home / '.tg_pipeline'}"]
    return subprocess.run(make, check=False, capture_output=True).returncode


def test_make_clean_deletes_the_sample_and_never_updates_of_a_real_bot(home: Path) -> None:
    sample(demo=True, days=1, per_day=2)
    land([home / "one.json"], bot_id=SAMPLE_BOT_ID)
    updates = landed(home)
    real = home / ".tg_pipeline" / "landing" / day_prefix(TODAY) / "9-1.json"
    real.parent.mkdir(exist_ok=True)
    real.write_text("{}")

    assert make_clean(home) != 0
    assert len(landed(home)) == len(updates) + 1

    real.unlink()
    assert make_clean(home) == 0
    assert list(home.iterdir()) == [home / "one.json"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TELEGRAM_BOT_TOKEN", "9:" + "a" * 35, "TELEGRAM_BOT_TOKEN is set"),
        ("TG_LANDING_URI", "memory:///", "TG_LANDING_URI is set"),
        ("TG_START_DATE", str(TODAY), "is later than yesterday"),
    ],
)
@pytest.mark.usefixtures("home")
def test_no_demo_is_landed_with_settings_of_a_real_bot(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    reason: str,
) -> None:
    monkeypatch.setenv(name, value)

    sample(demo=True)

    assert reason in capsys.readouterr().out
