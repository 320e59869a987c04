"""Opening Dagster's instance: its history, configuration and launcher."""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, closing, contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock

from lambda_ingest.store import first_line
from tg_pipeline.defs.sqlite_history import close_databases
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import dagster_home, home_folder


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance; the paths in the checkout's dagster.yaml are relative to it."""
    is_set = bool(os.environ.get("DAGSTER_HOME"))
    with ExitStack() as stack:
        stack.callback(close_databases)
        if not is_set:
            stack.enter_context(chdir(home_folder()))
        try:
            # Two processes that create the same SQLite databases at once leave them unusable.
            with FileLock(_lock_file(dagster_home())):
                found = (
                    dg.DagsterInstance.get()
                    if is_set
                    else dg.DagsterInstance.from_config(str(dagster_home()))
                )
                instance = stack.enter_context(found)
        except Exception as error:  # each storage has errors of its own
            raise CommandError(
                f"Dagster's instance can't be opened: {_why(error)}{_remedy()}"
            ) from error
        yield instance


def _lock_file(home: Path) -> Path:
    """Return a file for a lock on a Dagster home, which itself may be read-only."""
    name = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tg_pipeline-{name}.lock"


def _why(error: Exception) -> str:
    """Return what is wrong with Dagster's configuration, or with its storage."""
    if isinstance(error, dg.DagsterInvalidConfigError) and error.errors:
        return first_line(Exception(error.errors[0].message))
    return first_line(error.__cause__ or error)


def _remedy() -> str:
    """Return which of Dagster's databases is damaged, and what to do; empty if none is."""
    damaged = [path for path in sorted(dagster_home().rglob("*.db")) if _is_damaged(path)]
    if not damaged:
        return ""
    return (
        f". {damaged[0]} is damaged: move it away, with the files beside it that begin with its "
        "name. Dagster then starts a new one; its history of runs is lost, and no table."
    )


def _is_damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.OperationalError:
        return False  # locked, or not readable
    except sqlite3.DatabaseError:
        return True
