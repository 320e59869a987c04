"""`tg-pipeline forget` and `export`: what they refuse, list and lift; and some days, with kills."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from tg_pipeline.sample.people import MEMBERS, SAMPLE_BOT_ID
from tg_pipeline_tests.cli.conftest import COMMAND, FIRST_DAY, Shell

KEY: Final = {"TG_PRIVACY_KEY": "a-key-of-thirty-two-characters-or-more"}
PERSON: Final = MEMBERS[1].user
NAME: Final = f"{PERSON['first_name']} {PERSON['last_name']}"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)


def test_a_bot_an_id_that_is_none_and_a_missing_person_are_refused(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")

    refused = shell.run("forget", "--user", str(SAMPLE_BOT_ID), here=True).error()
    assert refused == f"{SAMPLE_BOT_ID} is a bot whose updates are stored here, not a person."
    for arguments in (["--user", "0"], ["--user", "ana"], ["--user", "-5"], []):
        assert shell.run("forget", *arguments, here=True).returncode == 2
    assert shell.run("forget", "list", here=True).stdout == "No one was forgotten.\n"
    missing = shell.run("forget", "lift", "--user", "5", here=True).error()
    assert missing == "This person was not forgotten with this TG_PRIVACY_KEY."


def test_an_export_has_own_updates_whole_and_of_others_only_what_is_about_the_person(
    shell: Shell,
) -> None:
    shell.run("sample", "--days", "2", "--per-day", "60")

    lines = shell.run("export", "--user", str(PERSON["id"])).stdout.splitlines()

    found = [json.loads(line) for line in lines]
    own = [each for each in found if each["own"]]
    others = [each for each in found if not each["own"]]
    assert own
    assert others
    assert all(str(PERSON["id"]) in json.dumps(each["update"]) for each in own)
    for each in others:
        assert all(str(PERSON["id"]) in json.dumps(part) for part in each["parts"].values())
    output = shell.folder / "person.ndjson"
    shell.run("export", "--user", str(PERSON["id"]), "--output", str(output))
    assert output.read_text("utf-8").splitlines() == lines
    assert output.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_person_of_the_sample_is_forgotten_through_kills_and_stays_so(
    shell: Shell, tmp_path: Path
) -> None:
    # Given some days with a report, previews with names, and a copy of what landed
    settings = {"TG_PREVIEWS": "yes", "TG_PRIVACY_KEY": KEY["TG_PRIVACY_KEY"]}
    shell.run("sample", "--days", "4", "--per-day", "120")
    assert shell.run("run", settings=settings).returncode == 0
    original = tmp_path.with_name(f"{tmp_path.name}-original")
    shutil.copytree(shell.landing / "telegram", original)
    words = words_of(original)
    assert len(words) > 9
    assert len(files_with(shell.folder, words)) > 30
    report = shell.lake / "report" / "report.en.html"
    report.parent.mkdir()
    report.write_text(f"<td>{NAME}</td>")
    dry = shell.run("forget", "--user", str(PERSON["id"]), "--dry-run").stdout
    assert "Nothing was changed." in dry
    assert not (shell.landing / "privacy").exists()

    # When the command is killed at several steps, and run again
    runs = shell.folder / "history" / "runs"
    before = len(list(runs.glob("*.db")))
    raw = shell.lake / "raw_updates"
    written = {path: path.stat().st_mtime_ns for path in raw.rglob("*.parquet")}
    landed = len(shell.landed())
    conditions: list[Callable[[], bool]] = [
        (shell.landing / "privacy").exists,
        lambda: len(shell.landed()) < landed - 9,
        lambda: any(path.stat().st_mtime_ns != at for path, at in written.items()),
        lambda: len(list(runs.glob("*.db"))) > before,
        report_is_written(report),
    ]
    for condition in conditions:
        kill_when(shell, condition)
    done = shell.run("forget", "--user", str(PERSON["id"]))

    # Then it is complete, and a search that shares no code with it finds nothing
    assert done.returncode == 0, done
    assert "Nothing is left" in done.stdout
    assert files_with(shell.folder, words) == []
    assert "complete" in shell.run("forget", "list").stdout

    # And an import of the original files, and a rebuild of everything, bring nothing back
    for path in sorted(original.rglob("*.json"))[:200]:
        shutil.copy(path, shell.landing / "telegram" / path.parent.name)
    first, last = (min(raw.iterdir()).name, max(raw.iterdir()).name)
    span = ["--from", first.removeprefix("context_date="), "--to", last.split("=")[1]]
    assert shell.run("run", *span, "--full").returncode == 0
    assert files_with(shell.lake, words) == []
    assert files_with(shell.folder / "history", words) == []
    assert json.loads(shell.run("status", "--json").stdout)["ok"] is True
    assert shell.run("forget", "--user", str(PERSON["id"])).returncode == 0
    assert files_with(shell.folder, words) == []


def report_is_written(report: Path) -> Callable[[], bool]:
    return lambda: report.stat().st_size > 1_000


def kill_when(shell: Shell, holds: Callable[[], bool]) -> None:
    """Start the command, and kill it when a condition holds, or let it end."""
    command = [COMMAND, "forget", "--user", str(PERSON["id"])]
    environment = os.environ | {
        "DAGSTER_HOME": str(shell.folder),
        "TG_LANDING_URI": shell.landing.as_uri(),
        "TG_LAKE_URI": shell.lake.as_uri(),
        "TG_START_DATE": FIRST_DAY.isoformat(),
    }
    with subprocess.Popen(command, env=environment, cwd=shell.folder) as process:
        while process.poll() is None and not holds():
            time.sleep(0.02)
        process.kill()


def words_of(landed: Path) -> list[str]:
    """Return the id, the names, and the texts that only this person wrote."""
    hers: set[str] = set()
    others: set[str] = set()
    for path in landed.rglob("*.json"):
        for author, text in said(json.loads(path.read_bytes())):
            (hers if author == PERSON["id"] else others).add(text)
    everything = "\n".join(others).lower()
    own = [text for text in hers if len(text) > 11 and text.lower() not in everything]
    return [str(PERSON["id"]), PERSON["username"], NAME, *own]


def said(value: Any) -> Iterator[tuple[int | None, str]]:
    """Yield the author and the text of each message, also of one that is replied to."""
    if isinstance(value, dict):
        if "from" in value or "chat_id" in value:
            yield value.get("from", {}).get("id"), value.get("text") or value.get("caption") or ""
        for each in value.values():
            yield from said(each)
    elif isinstance(value, list):
        for each in value:
            yield from said(each)


def files_with(folder: Path, words: list[str]) -> list[str]:
    """Return the files that hold any word: as bytes, decoded, or in a value of a database."""
    wanted = [each.lower() for word in words for each in (word, json.dumps(word)[1:-1])]

    def holds(path: Path) -> bool:
        return any(word in text for text in texts(path) for word in wanted)

    return [str(path) for path in folder.rglob("*") if path.is_file() and holds(path)]


def texts(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    yield content.decode("utf-8", "replace").lower()
    if path.suffix == ".parquet":
        for row in pq.read_table(path).to_pylist():
            yield " ".join(map(_text, row.values())).lower()
    if content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own
                    yield " ".join(map(_text, row)).lower()


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    unpacked = value
    with suppress(zlib.error):
        unpacked = zlib.decompress(value)
    return unpacked.decode("utf-8", "replace")
