"""Every command: its help, its exit code, and one clear line if it fails."""

import pytest

from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell

WRONG_SETTINGS = [
    ({"TG_TIMEZONE": "Mars/Olympus"}, "TG_TIMEZONE='Mars/Olympus'"),
    ({"TG_START_DATE": "soon"}, "TG_START_DATE='soon' is not a valid date"),
    ({"TG_LAKE_URI": "ftp://x"}, "'ftp://x'"),
    ({"TG_LAKE_URI": "file:///dev/null/x"}, "file:///dev/null/x can't be opened"),
    ({"TELEGRAM_BOT_ID": "me"}, "TELEGRAM_BOT_ID is"),
    ({"TELEGRAM_BOT_TOKEN": "AAH-x"}, "TELEGRAM_BOT_TOKEN is not of the form"),
]

WRONG_REQUESTS = {
    "no such day": (("run", "--date", "2026-02-30"), "'2026-02-30' is not a valid date"),
    "an empty day": (("run", "--date", ""), "'' is not a valid date"),
    "half a span": (("run", "--from", "2026-01-01"), "--from and --to are used together"),
    "a span backwards": (("run", "--from", "today", "--to", "yesterday"), "is later than"),
    "a day and a span": (
        ("run", "--date", "today", "--from", "today", "--to", "today"),
        "--from and --to",
    ),
    "before the first day": (("run", "--date", "2013-08-14"), "is before TG_START_DATE"),
    "after today": (("run", "--date", "2999-01-01"), "is after today"),
    "full without days": (("run", "--full"), "--full reads days"),
    "no file": (("land", "nope.json"), "nope.json is not a file"),
    "no such form": (("land", "/etc/hostname"), "is not a .json or .ndjson file"),
    "a future sample": (("sample", "--start", "today"), "would end after today"),
}


@pytest.mark.parametrize("command", ["land", "run", "status", "summary", "sample"])
def test_help_explains_each_command(shell: Shell, command: str) -> None:
    assert f"\n  {command} " in shell.run_here("--help").stdout
    assert shell.run_here(command, "--help").returncode == 0


@pytest.mark.parametrize(("settings", "reason"), WRONG_SETTINGS)
def test_a_wrong_setting_is_one_clear_line(
    shell: Shell, settings: dict[str, str], reason: str
) -> None:
    done = shell.run_here("status", settings=settings)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tg-pipeline: ")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "AAH" not in done.stderr


@pytest.mark.parametrize("request_name", WRONG_REQUESTS)
def test_a_wrong_request_is_one_clear_line_and_changes_nothing(
    shell: Shell, request_name: str
) -> None:
    arguments, reason = WRONG_REQUESTS[request_name]

    # `run` fails before it loads Dagster's definitions.
    done = shell.run_here(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tg-pipeline: ")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shell.landed() == []


def test_a_process_ends_with_the_exit_code_of_its_command(shell: Shell) -> None:
    failed = shell.run_process("land", "nope.json")
    landed = shell.run_process("land", "-", "--bot-id", "9", stdin=b'{"update_id": 1}')

    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "tg-pipeline: nope.json is not a file.\n"
    assert (landed.returncode, landed.stderr) == (0, "")
    assert "1 landed" in landed.stdout
    assert [key.rpartition("/")[2] for key in shell.landed()] == ["9-1.json"]


def test_the_status_fits_a_narrow_terminal(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")

    page = shell.run("status", settings={"COLUMNS": "80"}).stdout

    assert f"│ {FIRST_DAY} │" in page
