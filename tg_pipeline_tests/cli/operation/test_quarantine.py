"""`tg-pipeline quarantine`: unreadable lines are counted, shown safely, and read again."""

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.cli.console import excerpt
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.conftest import Pipeline

DAY = datetime.now(ZoneInfo("America/Sao_Paulo")).date() - timedelta(days=3)
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def broken(shell: Shell) -> Pipeline:
    """Two built days with lines that can't be read."""
    pipeline = Pipeline(shell.folder)
    pipeline.put("7-1.json", b'{"update_id": 1}', DAY)
    pipeline.put("7-2.json", b"{\x1b]0;owned\x07", DAY)
    pipeline.put("7-3.json", b"{" + b"x" * 5_000, DAY)
    pipeline.put("7-4.json", b'{"message": {}}', NEXT_DAY)
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    return pipeline


@pytest.mark.usefixtures("broken")
def test_lines_are_counted_by_day_and_reason(shell: Shell) -> None:
    shown, of_day, as_json = (
        shell.run("quarantine", "list", *options)
        for options in ([], ["--date", str(NEXT_DAY)], ["--json"])
    )

    rows = [line.split("│")[1:4] for line in shown.stdout.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        [str(DAY), "2", "not JSON"],
        [str(NEXT_DAY), "1", "no update_id"],
    ]
    assert str(DAY) not in of_day.stdout
    assert json.loads(as_json.stdout)[0] == {"day": str(DAY), "reason": "not JSON", "count": 2}


@pytest.mark.usefixtures("broken")
def test_lines_are_shown_without_what_a_terminal_obeys(shell: Shell) -> None:
    done = shell.run("quarantine", "show", "--limit", "2")

    lines = done.stdout.splitlines()
    assert lines[0] == f"telegram/context_date={NEXT_DAY}/7-4.json, line 1: no update_id"
    assert lines[1].strip() == '{"message": {}}'
    assert lines[2].startswith(f"telegram/context_date={DAY}/7-2.json, line 1: not JSON")
    assert "\x1b" not in done.stdout
    assert "There are more: --limit 4" in done.stdout
    assert "(5,001 bytes)" in shell.run("quarantine", "show").stdout


def test_without_lines_that_is_said(shell: Shell) -> None:
    assert "There are no such lines." in shell.run("quarantine", "list").stdout
    assert "No line is in quarantine." in shell.run("quarantine", "show").stdout
    assert "that can be read again" in shell.run("quarantine", "replay").stdout
    assert json.loads(shell.run("quarantine", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("content", "shown"),
    [(b"oi", "oi"), (b"a\n b", "a b"), (b"\xff", "\\xff"), (b"x" * 9, "xxxxx… (9 bytes)")],
)
def test_an_excerpt_is_one_line_of_text(content: bytes, shown: str) -> None:
    assert excerpt(content, 5) == shown


@pytest.mark.slow  # a process with Dagster
def test_a_replay_reads_the_objects_again_and_builds_their_days(
    shell: Shell, broken: Pipeline
) -> None:
    # Given lines of which one has been repaired behind the pipeline's back, at the same time and
    # of the same size
    path = Path(shell.landing, f"telegram/context_date={NEXT_DAY}/7-4.json")
    assert broken.rows("quarantine", NEXT_DAY)
    at = path.stat().st_mtime_ns
    path.write_bytes(b'{"update_id":4}')
    os.utime(path, ns=(at, at))
    assert not broken.states(NEXT_DAY)[0].is_stale

    done = shell.run("quarantine", "replay", here=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Lines that could be read: 1 of 3; still in quarantine: 2." in done.stdout
    assert [row["update_id"] for row in broken.rows("enriched_updates", NEXT_DAY)] == [4]


@pytest.mark.slow  # a process with Dagster
@pytest.mark.usefixtures("broken")
def test_a_replay_answers_in_the_language_of_the_operator(shell: Shell) -> None:
    portuguese = {"TG_LANG": "pt"}

    done = shell.run("quarantine", "replay", settings=portuguese, here=False)
    none = shell.run("quarantine", "replay", "--date", "today", settings=portuguese)

    assert re.fullmatch(
        rf"Montados 2 dias, de {DAY} a {NEXT_DAY}, em \d+,\d s\.\n"
        r"Linhas que puderam ser lidas: 0 de 3; ainda em quarentena: 3\.\n",
        done.stdout,
    )
    assert (done.stderr, none.stderr) == ("", "")
    assert none.stdout == "Não há linhas em quarentena que possam ser relidas.\n"
