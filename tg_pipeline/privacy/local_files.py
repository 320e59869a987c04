"""Files on this machine that hold rows or texts of the lake: databases, histories, leftovers."""

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tg_pipeline.privacy.search import SQLITE
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.temp_folders import TEMP_PREFIX, remove_abandoned, temp_dir

BUSY_TIMEOUT: Final = timedelta(seconds=15)
"""How long to wait for another process that writes to a database."""

SPILL_FOLDERS: Final = ("tg-pipeline-sql-*", "tg-report-*", "tg-marts-*")
"""The temporary folders of earlier releases, in which DuckDB kept what did not fit into memory."""

SPILL_AGE: Final = timedelta(days=1)
"""Age of a folder whose process no longer exists, as a rule: such a process ends within minutes."""


def vacuum(folder: Path) -> list[str]:
    """Rewrite all SQLite databases below a folder; return those that another process has locked.

    SQLite leaves what was deleted in the pages of the file until they are used again.
    https://www.sqlite.org/lang_vacuum.html
    """
    return [str(path) for path in sorted(folder.rglob("*.db")) if not vacuum_file(path)]


def vacuum_file(path: Path) -> bool:
    """Rewrite a SQLite database; return whether it is not locked by another process."""
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE)) != SQLITE:
                return True
        seconds = BUSY_TIMEOUT.total_seconds()
        with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            # Of a database in WAL mode, the old pages are also in the log beside it.
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    except FileNotFoundError:
        return True
    except sqlite3.Error:
        return False


def clean_lines(path: Path, traces: Traces) -> int:
    """Remove the lines that contain the person from a text file; return their number."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return 0
    kept = [line for line in lines if not traces.in_bytes(line)]
    if len(kept) < len(lines):
        with temp_dir(path.parent) as folder:
            rewritten = folder / path.name
            rewritten.write_bytes(b"".join(kept))
            rewritten.replace(path)
    return len(lines) - len(kept)


def remove_leftovers(folders: tuple[Path, ...], now: datetime) -> None:
    """Remove the temporary folders of killed builds and queries; `now` is aware."""
    remove_abandoned()
    for folder in folders:
        for parent in {path.parent for path in folder.rglob(f"{TEMP_PREFIX}*")}:
            remove_abandoned(parent)
    for pattern in SPILL_FOLDERS:
        for path in Path(tempfile.gettempdir()).glob(pattern):
            with suppress(OSError):
                changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                if now - changed > SPILL_AGE:
                    shutil.rmtree(path, ignore_errors=True)
