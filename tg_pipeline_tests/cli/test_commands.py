"""What a person types, and what they see then."""

import json
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell


def test_a_month_is_made_up_built_and_looked_at(shell: Shell) -> None:
    # Given a sample of a few days
    made = shell.run("sample", "--days", "4", "--per-day", "60")
    assert made.returncode == 0
    assert "landed" in made.stdout

    # When everything that has landed is built
    assert "4 missing" in shell.run("status").stdout
    built = shell.run("run")

    # Then it says so, and the status and the summary show it
    assert built.returncode == 0, built.stderr
    assert f"Built 4 days, {FIRST_DAY}" in built.stdout
    assert "4 built" in shell.run("status").stdout
    summary = shell.run("summary").stdout
    assert "busiest hours" in summary
    assert "most active users" in summary
    assert summary.index("raw_updates") < summary.index("enriched_updates")

    # And a second run has nothing to do, until something lands late
    assert "nothing to build" in shell.run("run").stdout
    late = {"update_id": 1, "message": {"date": _noon(FIRST_DAY), "text": "tarde"}}
    shell.run("land", "-", stdin=json.dumps(late).encode())
    assert "1 late" in shell.run("status").stdout
    assert "Built 2 days" in shell.run("run").stdout, (
        "the day, and the one whose repeats it decides"
    )


def test_a_day_is_built_anew_from_the_landing_zone(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")
    shell.run("run", "--date", str(FIRST_DAY))

    again = shell.run("run", "--from", str(FIRST_DAY), "--to", str(FIRST_DAY), "--full")

    assert again.returncode == 0
    path = shell.lake / "enriched_updates" / f"context_date={FIRST_DAY}" / "part-0.parquet"
    assert pq.read_metadata(path).num_rows >= 10


def test_a_sample_is_the_same_whenever_it_is_made(shell: Shell) -> None:
    options = ("sample", "--days", "2", "--per-day", "30", "--start", str(FIRST_DAY))

    first = shell.run(*options, "--stdout").stdout

    assert first == shell.run(*options, "--stdout").stdout
    assert len(first.splitlines()) >= 40


def test_updates_land_from_files_of_every_form(shell: Shell) -> None:
    (shell.folder / "one.json").write_text('{\n "update_id": 1\n}\n')
    (shell.folder / "many.ndjson").write_text('{"update_id": 2}\n\n{"update_id": 3}\n')

    done = shell.run("land", "one.json", "many.ndjson", "--bot-id", "9")

    assert done.returncode == 0
    assert "3 landed, 0 were there already" in done.stdout
    assert [Path(key).name for key in shell.landed()] == ["9-1.json", "9-2.json", "9-3.json"]
    again = shell.run("land", "one.json", "many.ndjson", "--bot-id", "9")
    assert "0 landed, 3 were there already" in again.stdout


def test_updates_land_as_batches(shell: Shell) -> None:
    lines = b"".join(b'{"update_id": %d}\n' % number for number in range(25))

    shell.run("land", "-", "--batch", "10", stdin=lines)

    assert len(shell.landed()) == 3


def test_what_is_no_update_is_kept_and_said_and_can_be_landed_again(shell: Shell) -> None:
    # Given a file with a bad line among good ones
    (shell.folder / "some.ndjson").write_bytes(b'{"update_id": 1}\n{"update_id": \n')

    # When it lands
    done = shell.run("land", "some.ndjson")

    # Then the good line has landed, the bad one is kept, and the command says where it is from
    assert done.returncode == 1
    assert "1 landed" in done.stdout
    assert "some.ndjson, line 2: The body is not JSON" in done.stderr
    (rejected,) = (key for key in shell.landed() if key.startswith("rejected/"))
    again = shell.run("land", str(shell.landing / rejected))
    assert "The body is not JSON" in again.stderr
    assert len(shell.landed()) == 2, "the same bytes are rejected under the same key"


def test_days_before_the_first_partition_are_pointed_out(shell: Shell) -> None:
    old = {"update_id": 1, "message": {"date": 1_508_825_372, "text": "hi"}}

    done = shell.run("land", "-", stdin=json.dumps(old).encode())

    assert done.returncode == 0
    assert "set TG_START_DATE=2017-10-24" in done.stderr


WRONG = {
    "no such day": (("run", "--date", "2026-02-30"), "'2026-02-30' is no day"),
    "half a span": (("run", "--from", "2026-01-01"), "--from and --to belong together"),
    "a span backwards": (("run", "--from", "today", "--to", "yesterday"), "is later than"),
    "a day and a span": (
        ("run", "--date", "today", "--from", "today", "--to", "today"),
        "--date stands alone",
    ),
    "before the first": (("run", "--date", "2013-08-14"), "is before TG_START_DATE"),
    "after today": (("run", "--date", "2999-01-01"), "is after today"),
    "full of nothing": (("run", "--full"), "--full reads days anew"),
    "no day at all": (("run", "--date", ""), "'' is no day"),
    "no file": (("land", "nope.json"), "nope.json is no file"),
    "no form": (("land", "/etc/hostname"), "is no .json, .ndjson or .gz"),
    "a future sample": (("sample", "--start", "today"), "would end after today"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_request_is_one_clear_line_and_costs_nothing(shell: Shell, what: str) -> None:
    arguments, said = WRONG[what]

    done = shell.run(*arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.startswith("tg-pipeline: ")
    assert len(done.stderr.splitlines()) == 1
    assert shell.landed() == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TG_TIMEZONE": "Mars/Olympus"}, "TG_TIMEZONE='Mars/Olympus' is not a time zone"),
        ({"TG_START_DATE": "soon"}, "TG_START_DATE='soon' is no day"),
        ({"TG_LAKE_URI": "ftp://x"}, "'ftp://x' is not a file://, s3:// or memory:// URI"),
        ({"TG_LAKE_URI": "file:///dev/null/x"}, "file:///dev/null/x can't be opened"),
        ({"TELEGRAM_BOT_ID": "me"}, "TELEGRAM_BOT_ID is not a bot id"),
        ({"TELEGRAM_BOT_TOKEN": "AAH-x"}, "TELEGRAM_BOT_TOKEN is not of the form"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    shell: Shell, settings: dict[str, str], said: str
) -> None:
    done = shell.run("status", settings=settings)

    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "AAH" not in done.stderr


def test_a_damaged_file_lands_nothing(shell: Shell) -> None:
    (shell.folder / "cut.json.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (shell.folder / "good.json").write_bytes(b'{"update_id": 1}')

    done = shell.run("land", "good.json", "cut.json.gz")

    assert done.returncode == 1
    assert "cut.json.gz, line 1: the gzip stream ends early" in done.stderr
    assert shell.landed() == []


def test_an_unwritable_lake_is_one_clear_line(shell: Shell) -> None:
    shell.run("land", "-", stdin=json.dumps(_message(FIRST_DAY)).encode())
    (shell.lake / "raw_updates").mkdir(parents=True)
    (shell.lake / "raw_updates" / f"context_date={FIRST_DAY}").write_text("in the way")

    done = shell.run("run", "--date", str(FIRST_DAY))

    assert done.returncode == 1
    assert done.stderr.startswith(f"tg-pipeline: {FIRST_DAY} failed: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_damaged_partition_is_named_and_can_be_built_anew(shell: Shell) -> None:
    shell.run("land", "-", stdin=json.dumps(_message(FIRST_DAY)).encode())
    shell.run("run")
    path = shell.lake / "raw_updates" / f"context_date={FIRST_DAY}" / "part-0.parquet"
    path.write_bytes(path.read_bytes()[:-10])

    looked = shell.run("status")
    mended = shell.run("run", "--date", str(FIRST_DAY), "--full")

    assert looked.returncode == 1
    assert "is no whole Parquet file: tg-pipeline run --date" in looked.stderr
    assert len(looked.stderr.splitlines()) == 1
    assert mended.returncode == 0
    assert "1 built" in shell.run("status").stdout


def test_an_empty_pipe_is_no_update_and_no_error(shell: Shell) -> None:
    done = shell.run("land", "-")

    assert (done.returncode, done.stderr) == (0, "")
    assert "0 landed" in done.stdout


def test_the_status_fits_a_narrow_terminal(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")

    page = shell.run("status", settings={"COLUMNS": "80"}).stdout

    assert f"│ {FIRST_DAY} │" in page


def test_a_demo_keeps_out_of_a_landing_zone_that_was_set(shell: Shell) -> None:
    assert "TG_LANDING_URI is set; nothing is made up" in shell.run("sample", "--demo").stdout
    assert shell.landed() == []


def test_a_run_that_is_told_to_stop_says_so_and_the_next_one_finishes(shell: Shell) -> None:
    # Given a build that takes a while
    shell.run("sample", "--days", "30", "--per-day", "100")

    # When it is interrupted in the middle
    with shell.start("run") as running:
        wait_until(lambda: any(shell.lake.glob("raw_updates/*/part-0.parquet")))
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

    # Then it says so, and the next run finishes the work
    assert running.returncode == 1
    assert said.decode().endswith("stopped; the days already written stand\n")
    assert "30 built" in (shell.run("run").stdout and shell.run("status").stdout)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("waited a minute in vain")


def test_a_missing_dagster_home_is_one_clear_line(shell: Shell) -> None:
    missing = str(shell.folder / "missing")

    done = shell.run("run", "--date", "yesterday", settings={"DAGSTER_HOME": missing})

    assert done.returncode == 1
    assert done.stderr.startswith("tg-pipeline: Dagster's instance can't be opened: ")
    assert len(done.stderr.splitlines()) == 1


def test_help_says_what_each_command_is_for(shell: Shell) -> None:
    page = shell.run("--help").stdout

    for command in ("land", "run", "status", "summary", "sample"):
        assert f"\n  {command} " in page
        assert shell.run(command, "--help").returncode == 0


def test_days_have_names(shell: Shell) -> None:
    yesterday = shell.run("run", "--date", "yesterday")

    assert yesterday.returncode == 0
    assert "Built 1 day," in yesterday.stdout


def _message(day: object) -> dict[str, object]:
    return {"update_id": 1, "message": {"date": _noon(day), "text": "oi"}}


def _noon(day: object) -> int:
    assert isinstance(day, type(FIRST_DAY))
    since = day - type(FIRST_DAY)(1970, 1, 1)
    return int((since + timedelta(hours=15)).total_seconds())
