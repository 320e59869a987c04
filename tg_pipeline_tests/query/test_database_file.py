"""`tg-pipeline sql --export`: the lake as a file that other programs open with plain DuckDB."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.database_file import (
    MARKER,
    VERBATIM,
    DatabaseFile,
    LakeExport,
    write_database,
)
from tg_pipeline.query.session import QueryError
from tg_pipeline.query.tables import ALL_TABLES
from tg_pipeline_tests.cli.conftest import Shell, shell
from tg_pipeline_tests.conftest import DAY, TIMEZONE, Pipeline

__all__ = ["shell"]

NEXT_DAY = DAY + timedelta(days=1)
WRITTEN_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
TEXT = "olá 👋"
NUMBER_OF_TEXTS = "SELECT count(*) FROM telegram WHERE text IS NOT NULL"


@pytest.fixture
def greetings(tmp_path: Path) -> Pipeline:
    pipeline = Pipeline(tmp_path)
    land(pipeline, 1)
    return pipeline


def land(pipeline: Pipeline, number: int, days: int = 0) -> None:
    """Land and build a day with a greeting."""
    sent = 1_791_374_400 + days * 86_400
    message = {"message_id": number, "date": sent, "text": TEXT}
    pipeline.land({"update_id": number, "message": message}, day=DAY + timedelta(days=days))
    pipeline.build(DAY + timedelta(days=days))


def write(
    path: Path, lake: Lake, *, is_copy: bool = False, has_pseudonyms: bool = False
) -> DatabaseFile:
    export = LakeExport(lake, TIMEZONE, WRITTEN_AT, is_copy, has_pseudonyms)
    return write_database(path, export, lambda tables: tables)


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Run a query as another program does: read-only, and with nothing of this project."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def names(path: Path) -> set[str]:
    found = read(
        path,
        "SELECT view_name FROM duckdb_views() WHERE NOT internal "
        "UNION ALL SELECT table_name FROM duckdb_tables()",
    )
    return {name for (name,) in found} - {MARKER}


def test_views_show_days_that_are_built_later(greetings: Pipeline) -> None:
    path = greetings.folder / "lake.duckdb"
    write(path, greetings.lake)
    assert read(path, NUMBER_OF_TEXTS) == [(1,)]

    land(greetings, 2, days=1)

    days = "SELECT context_date, text FROM telegram ORDER BY ALL"
    assert read(path, days) == [(DAY, TEXT), (NEXT_DAY, TEXT)]


class Exported(NamedTuple):
    path: Path
    written: DatabaseFile


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    pipeline = Pipeline(tmp_path_factory.mktemp("exported"))
    land(pipeline, 1)
    path = pipeline.folder / "lake.duckdb"
    return Exported(path, write(path, pipeline.lake))


def test_there_is_a_view_for_every_table_with_comments_on_all_columns(exported: Exported) -> None:
    path, written = exported

    assert names(path) == set(written.tables) == {table.name for table in ALL_TABLES}
    is_described = "SELECT DISTINCT table_name, comment IS NOT NULL FROM duckdb_columns()"
    found = [each for each in read(path, is_described) if each[0] in written.tables]
    assert sorted(found) == sorted((name, True) for name in written.tables)
    assert read(path, "SELECT comment FROM duckdb_views() WHERE view_name = 'telegram'") == [
        ("One row per update of every type, flat and typed.",)
    ]


def test_a_table_that_is_not_built_yet_is_named_and_has_no_rows(exported: Exported) -> None:
    path, written = exported

    assert "resolution" in written.empty
    assert "telegram" not in written.empty
    assert read(path, "FROM resolution") == []


def test_payloads_are_text(exported: Exported) -> None:
    assert read(
        exported.path, "SELECT typeof(payload), payload ->> '$.message.text' FROM raw_updates"
    ) == [("VARCHAR", TEXT)]


@pytest.mark.parametrize("place", ["file", "memory"])
def test_a_copy_needs_no_lake_and_has_no_verbatim_updates(tmp_path: Path, place: str) -> None:
    # Given a lake on a disk, or one without files, as in a bucket
    pipeline = Pipeline(tmp_path / "source", None if place == "file" else "memory://copied")
    land(pipeline, 1)

    # When its tables are copied, and the lake is deleted
    written = write(tmp_path / "copy.duckdb", pipeline.lake, is_copy=True)
    pipeline.lose()

    # Then the file has the rows, and who opens it reads what was copied
    assert read(tmp_path / "copy.duckdb", NUMBER_OF_TEXTS) == [(1,)]
    assert set(written.left_out) == VERBATIM
    assert names(tmp_path / "copy.duckdb") == set(written.tables)
    ((*_, note),) = read(tmp_path / "copy.duckdb", f"FROM {MARKER}")
    assert "forget does not reach it" in note


def test_with_pseudonyms_the_verbatim_updates_stay_behind(greetings: Pipeline) -> None:
    path = greetings.folder / "lake.duckdb"

    write(path, greetings.lake, has_pseudonyms=True)

    assert names(path) == {table.name for table in ALL_TABLES} - VERBATIM


def test_a_lake_that_was_moved_is_an_error_and_not_a_lake_without_rows(
    greetings: Pipeline,
) -> None:
    path = greetings.folder / "lake.duckdb"
    write(path, greetings.lake)

    (greetings.folder / "lake").rename(greetings.folder / "moved")

    with pytest.raises(duckdb.IOException, match="No files found"):
        read(path, NUMBER_OF_TEXTS)


def test_an_earlier_export_is_replaced_with_what_a_program_wrote_into_it(
    greetings: Pipeline,
) -> None:
    path = greetings.folder / "lake.duckdb"
    write(path, greetings.lake)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE own AS SELECT 1")

    write(path, greetings.lake, is_copy=True)

    assert "own" not in names(path)
    assert read(path, NUMBER_OF_TEXTS) == [(1,)]


def test_a_failure_leaves_the_earlier_file_and_nothing_else(greetings: Pipeline) -> None:
    path = greetings.folder / "out" / "lake.duckdb"
    path.parent.mkdir()
    write(path, greetings.lake)
    before = path.read_bytes()
    (greetings.folder / f"lake/enriched_updates/context_date={DAY}/part-0.parquet").write_text("x")

    with pytest.raises(QueryError):
        write(path, greetings.lake, is_copy=True)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["text", "database", "folder"])
def test_what_is_no_export_is_not_replaced(greetings: Pipeline, kind: str) -> None:
    path = greetings.folder / "mine.duckdb"
    if kind == "text":
        path.write_text("my notes")
    elif kind == "database":
        duckdb.connect(str(path)).execute("CREATE TABLE mine AS SELECT 1").close()
    else:
        path.mkdir()

    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CommandError, match=r"mine\.duckdb exists and was not written by --export"):
        write(path, greetings.lake)

    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_file_that_a_program_has_open_for_writing_is_not_replaced(greetings: Pipeline) -> None:
    path = greetings.folder / "lake.duckdb"
    write(path, greetings.lake)
    program = (
        f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()

        with pytest.raises(CommandError, match="open for writing in another program"):
            write(path, greetings.lake)

        process.communicate(b"\n")


def test_the_command_says_what_the_file_holds_and_that_forget_does_not_reach_a_copy(
    shell: Shell,
) -> None:
    shutil.rmtree(shell.lake, ignore_errors=True)

    views = shell.run("sql", "--export", "lake.duckdb")
    copy = shell.run("sql", "--export", "lake.duckdb", "--copy")

    assert (views.returncode, copy.returncode) == (0, 0), (views, copy)
    assert "they show what is there when they are read" in views.stdout
    assert "without rows until the next --export: raw_updates" in views.stdout
    assert "tg-pipeline forget does not reach it" in copy.stdout
    assert "Left out, since they have all that Telegram sent: raw_updates" in copy.stdout


WRONG = {
    ("sql", "SELECT 1", "--export", "x.duckdb"): "it takes no query and no format",
    ("sql", "SELECT 1", "--copy"): "--copy is used together with --export",
    ("sql", "--export", "lake/x.duckdb"): "is in the lake",
    ("sql", "--export", "no/x.duckdb"): "the folder no does not exist",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_options_are_one_line(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell.lake.mkdir()

    assert WRONG[arguments] in shell.run(*arguments).error()
