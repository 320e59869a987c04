"""Every command: its help, its exit code, and one clear line if it fails."""

import os
import stat
import subprocess
import sys

import pytest

from tg_pipeline.cli.main import COMMANDS, HEADINGS
from tg_pipeline_tests.cli.conftest import Shell

STATUS = ("status", "--json")

WRONG = [
    (STATUS, {"TG_TIMEZONE": "Mars/Olympus"}, "TG_TIMEZONE is not a time zone"),
    (STATUS, {"TG_LAKE_URI": "ftp://x"}, "TG_LAKE_URI is not a file://, s3:// or memory://"),
    (STATUS, {"TG_LAKE_URI": "file:///dev/null/x"}, "file:///dev/null/x can't be opened"),
    (STATUS, {"TELEGRAM_BOT_TOKEN": "AAH-x"}, "TELEGRAM_BOT_TOKEN is not of the form"),
    (STATUS, {"TG_LOG": "yaml"}, "TG_LOG is not one of text, json."),
    (("run", "--date", "2026-02-30"), {}, "'2026-02-30' is not a valid date"),
    (("run", "--date", ""), {}, "'' is not a valid date"),
    (("run", "--from", "2026-01-01"), {}, "--from and --to are used together"),
    (("run", "--from", "today", "--to", "yesterday"), {}, "is later than"),
    (("run", "--date", "today", "--from", "today", "--to", "today"), {}, "--from and --to"),
    (("run", "--date", "2013-08-14"), {}, "is before TG_START_DATE"),
    (("run", "--date", "2999-01-01"), {}, "is after today"),
    (("run", "--full"), {}, "--full reads days"),
    (("land", "/etc/hostname"), {}, "is not a .json, .ndjson or .jsonl file"),
    (("sample", "--start", "today"), {}, "would end after today"),
]


def test_help_lists_every_command_in_a_line_without_importing_it(shell: Shell) -> None:
    shown = shell.run("--help", here=False).stdout.partition("--help")[2].splitlines()[1:]

    listed = [line.split()[0] for line in shown if line.startswith("  ")]
    headings = [line.removesuffix(":") for line in shown if line and not line.startswith("  ")]
    assert listed == list(COMMANDS)
    assert headings == list(HEADINGS.values())
    assert {"pyarrow", "duckdb", "tg_pipeline.cli.builds.run"}.isdisjoint(imported_with("main"))


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("operation.status", {"requests", "duckdb", "boto3", "dagster", "tg_pipeline.sample"}),
        ("results.sql_session", {"requests", "boto3", "dagster", "tg_pipeline.sample"}),
        (
            "builds.daily",
            {"requests", "duckdb", "boto3", "dagster", "altair", "tg_pipeline.sample"},
        ),
        ("ingestion.land", {"requests", "duckdb", "boto3", "dagster", "tg_pipeline.sample"}),
        (
            "builds.materialize",
            {"requests", "dagster_graphql", "boto3", "altair", "scipy", "sklearn"},
        ),
        ("ingestion.poll", {"pyarrow", "duckdb", "dagster", "boto3", "tg_pipeline.sample"}),
        (
            "ingestion.serve",
            {"pyarrow", "duckdb", "dagster", "boto3", "tg_pipeline.sample", "requests"},
        ),
        (
            "ingestion.proxy",
            {"pyarrow", "duckdb", "dagster", "boto3", "tg_pipeline.sample", "requests"},
        ),
        ("builds.up", {"requests", "pyarrow", "duckdb", "dagster", "tg_pipeline.sample"}),
    ],
)
def test_a_command_imports_no_library_that_it_does_not_need(
    module: str, needless: set[str]
) -> None:
    assert needless.isdisjoint(imported_with(module))


def imported_with(module: str) -> set[str]:
    code = f"import sys, tg_pipeline.cli.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_each_command(shell: Shell, command: str) -> None:
    explained = shell.run(command, "--help", here=True)

    assert explained.returncode == 0
    assert f" {command} [OPTIONS]" in explained.stdout
    assert "completion" not in explained.stdout


@pytest.mark.parametrize(("command", "settings", "reason"), WRONG)
def test_a_wrong_setting_or_request_is_one_clear_line_and_changes_nothing(
    shell: Shell, command: tuple[str, ...], settings: dict[str, str], reason: str
) -> None:
    # `run` fails before it loads Dagster's definitions.
    error = shell.run(*command, settings=settings, here=True).error()

    assert reason in error
    assert "AAH" not in error
    assert shell.landed() == []


def test_a_process_ends_with_the_exit_code_of_its_command(shell: Shell) -> None:
    failed = shell.run("land", "nope.json", here=False)
    landed = shell.run("land", "-", "--bot-id", "9", stdin=b'{"update_id": 1}', here=False)

    assert failed.error() == "nope.json is not a file."
    assert (landed.returncode, landed.stderr) == (0, "")
    assert "1 landed" in landed.stdout
    assert [key.rpartition("/")[2] for key in shell.landed()] == ["9-1.json"]


def test_what_a_command_writes_is_for_its_user_alone(shell: Shell) -> None:
    before = os.umask(0o022)
    try:
        shell.run("land", "-", "--bot-id", "9", stdin=b'{"update_id": 1}', here=True)
    finally:
        os.umask(before)

    written = [shell.landing, *shell.landing.rglob("*")]
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in written}
    assert modes == {True: 0o700, False: 0o600}
    assert {path.stat().st_mode & 0o077 for path in written} == {0}
