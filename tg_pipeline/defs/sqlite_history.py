"""Dagster's history in SQLite, with a few disk syncs per run instead of nine per event.

Dagster opens a connection for each event, commits, and closes it. Each commit waits for the disk;
and the last connection of a database that is closed moves the write-ahead log into the database,
syncs both, and deletes the log. https://www.sqlite.org/wal.html
"""

import atexit
import sqlite3
from collections import OrderedDict
from threading import Lock
from typing import Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

MAX_OPEN: Final = 8
"""Databases: of the runs, the events by asset, the schedules, and of the latest runs."""


class OpenDatabases:
    """A connection to each of the latest databases, so that none that is closed is the last one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._connections: OrderedDict[str, sqlite3.Connection] = OrderedDict()

    def on_connect(self, connection: object, _record: object) -> None:
        """Keep a database open to which SQLAlchemy has connected, and sync it less often.

        In a write-ahead log, what is committed is in order without a sync: a power failure may take
        the latest events, and damages nothing. Which days are built is in the lake's footers.
        https://www.sqlite.org/pragma.html#pragma_synchronous
        """
        if not isinstance(connection, sqlite3.Connection):
            return
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            return
        connection.execute("PRAGMA synchronous = NORMAL")
        (_, _, path) = connection.execute("PRAGMA database_list").fetchone()
        with self._lock:
            if path in self._connections:
                self._connections.move_to_end(path)
                return
            self._connections[path] = kept = sqlite3.connect(path, check_same_thread=False)
            # SQLite opens the file, and its log, when it first reads.
            kept.execute("PRAGMA user_version").fetchone()
            if len(self._connections) > MAX_OPEN:
                self._connections.popitem(last=False)[1].close()

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            while self._connections:
                self._connections.popitem()[1].close()


_OPEN: Final = OpenDatabases()


def sync_seldom() -> None:
    """Keep the SQLite databases open to which SQLAlchemy connects, until this process ends."""
    if not event.contains(Engine, "connect", _OPEN.on_connect):
        event.listen(Engine, "connect", _OPEN.on_connect)
        atexit.register(close_databases)


def close_databases() -> None:
    """Close the databases that this process has kept open."""
    _OPEN.close()
