"""A confined session reads the lake's tables and its temporary folder, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import ConfinedError, QueryError, Session, open_session
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.query.conftest import DAILY, UNDATED, ZONE, answer, write

PARTITION = f"daily/context_date={DAY}/part-0.parquet"


class Confined(NamedTuple):
    session: Session
    folder: Path


@pytest.fixture
def confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Confined]:
    """Yield a session on a lake with an object that is not a table's, beside a secret file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("word\nxyzzy\n")
    lake = Lake((tmp_path / "lake").as_uri())
    write(lake, 1, 2)
    write(lake, 3, day=None)
    (tmp_path / "lake" / "report").mkdir()
    (tmp_path / "lake" / "report" / "names.csv").write_text("word\nxyzzy\n")
    with open_session(lake, ZONE, [DAILY, UNDATED], confined=True) as session:
        yield Confined(session, tmp_path)


def files_in(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_the_tables_can_be_read(confined: Confined) -> None:
    assert answer(confined.session, "SELECT user_id, context_date FROM daily ORDER BY ALL") == [
        (1, DAY),
        (2, DAY),
    ]
    assert answer(confined.session, "SELECT user_id FROM undated") == [(3,)]


def test_partitions_that_are_written_later_can_be_read(confined: Confined) -> None:
    write(Lake((confined.folder / "lake").as_uri()), 7)

    assert answer(confined.session, "SELECT user_id FROM daily") == [(7,)]


def test_statements_can_have_tables_variables_and_files_of_their_own(confined: Confined) -> None:
    own = confined.session.scratch / "own.parquet"

    rows = answer(
        confined.session,
        f"CREATE TABLE t AS FROM range(3) AS r(n); SET VARIABLE least = 2; "
        f"COPY (FROM t WHERE n >= getvariable('least')) TO '{own}'; FROM '{own}'",
    )

    assert rows == [(2,)]


ESCAPES = {
    "reads a file": "FROM 'secret.csv'",
    "reads a file as text": "FROM read_text('{folder}/secret.csv')",
    "reads a file as bytes": "FROM read_blob('/etc/hostname')",
    "reads a file through the temporary folder": "FROM '{scratch}/../{name}/secret.csv'",
    "reads a file by its URI": "FROM 'file://{folder}/secret.csv'",
    "reads standard input": "FROM read_csv('/dev/stdin')",
    "reads the environment's file": "FROM read_text('/proc/self/environ')",
    "guesses a file's format": "FROM sniff_csv('secret.csv')",
    "reads a file in a query of text": "FROM query('FROM ''secret.csv''')",
    "copies from a file": "CREATE TABLE c (word text); COPY c FROM 'secret.csv'",
    "lists files": "FROM glob('{folder}/*')",
    "reads another object of the lake": "FROM read_text('lake://report/names.csv')",
    "reads another object of the lake by its path": "FROM '{folder}/lake/report/names.csv'",
    "leaves the lake": "FROM read_text('lake://../secret.csv')",
    "reads an address": "FROM 'http://127.0.0.1:9/x.csv'",
    "reads a bucket": "FROM 's3://bucket/x.parquet'",
    "writes a file": "COPY (SELECT 1) TO '{folder}/written.csv'",
    "writes to standard output": "COPY (SELECT 1) TO '/dev/stdout'",
    "writes to an open file": "COPY (SELECT 1) TO '/dev/fd/2'",
    "writes a relative file": "COPY (SELECT 1) TO 'written.parquet'",
    "replaces a partition": "COPY (SELECT 1) TO 'lake://{partition}'",
    "replaces a partition by its path": "COPY (SELECT 1) TO '{folder}/lake/{partition}'",
    "adds a partition": "COPY (SELECT 1 AS a, 2 AS b) TO 'lake://daily' "
    "(FORMAT parquet, PARTITION_BY (a), OVERWRITE_OR_IGNORE)",
    "empties a table": "COPY (SELECT 1 AS a, 2 AS b) TO 'lake://daily' "
    "(FORMAT parquet, PARTITION_BY (a), OVERWRITE)",
    "inserts rows": "INSERT INTO daily VALUES (1)",
    "exports": "EXPORT DATABASE '{folder}/exported'",
    "imports": "IMPORT DATABASE '{folder}'",
    "creates a database": "ATTACH '{folder}/database.db'",
    "creates a database in the lake": "ATTACH 'lake://database.db'",
    "installs an extension": "INSTALL httpfs",
    "installs an extension from elsewhere": "INSTALL x FROM 'http://127.0.0.1:9/'",
    "loads an extension": "LOAD httpfs",
    "loads a file as an extension": "LOAD '{scratch}/x.duckdb_extension'",
    "updates extensions": "UPDATE EXTENSIONS",
    "opens the session": "SET enable_external_access = true",
    "resets a setting": "RESET enable_external_access",
    "allows folders": "SET allowed_directories = ['/']",
    "unlocks the settings": "SET lock_configuration = false",
    "unlocks the settings globally": "SET GLOBAL lock_configuration = false",
    "changes a setting": "PRAGMA threads = 1",
    "moves the temporary folder": "SET temp_directory = '{folder}'",
    "writes a profile": "PRAGMA profiling_output = '{folder}/profile'",
    "writes a log of queries": "PRAGMA log_query_path = '{folder}/log'",
    "writes a log": "CALL enable_logging(storage = 'file', storage_path = '{folder}/logs')",
    "keeps a secret": "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "reads the environment": "SELECT getenv('PATH')",
    "reads a variable of Python": "FROM statements",
}


@pytest.mark.parametrize("what", ESCAPES)
def test_a_statement_that_leaves_the_lake_is_refused(confined: Confined, what: str) -> None:
    session, folder = confined
    before = files_in(folder)
    statements = ESCAPES[what].format(
        folder=folder, name=folder.name, scratch=session.scratch, partition=PARTITION
    )

    with pytest.raises(QueryError) as error:
        answer(session, statements)

    assert "xyzzy" not in str(error.value)
    assert files_in(folder) == before
    assert answer(session, "SELECT count(*) FROM daily") == [(2,)], "the session can still be used"


def test_patterns_find_no_other_objects_of_the_lake(confined: Confined) -> None:
    assert answer(confined.session, "FROM glob('lake://*')") == []
    assert answer(confined.session, "FROM glob('lake://report/*')") == []


def test_a_session_is_not_confined_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("word\nhello\n")

    with open_session(Lake((tmp_path / "lake").as_uri()), ZONE, []) as session:
        assert answer(session, f"FROM '{tmp_path}/file.csv'") == [("hello",)]


@pytest.mark.parametrize("statement", ["FROM 'secret.csv'", "SET threads = 1"])
def test_the_error_tells_that_the_session_is_confined(confined: Confined, statement: str) -> None:
    with pytest.raises(ConfinedError):
        answer(confined.session, statement)
