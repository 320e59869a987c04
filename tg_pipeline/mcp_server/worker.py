"""The process that runs a model's queries: one at a time, and killed if one takes too long.

DuckDB can be interrupted only between parts of its work: a function of one large text takes hours.
"""

import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Lock
from typing import Final

from lambda_ingest.store import StoreError, first_line
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.mcp_server.tables import TABLES
from tg_pipeline.parallel.parent import follow_parent
from tg_pipeline.query.answers import Answer, AnswerError, answer
from tg_pipeline.query.session import Limits, columns_of, open_session

SECONDS: Final = 30
"""How long a query may take: a client waits for it, most of them a minute."""

LIMITS: Final = Limits(memory="1GB")
"""What a query may use, beside other programs on an analyst's machine."""

PROCESS_BYTES: Final = 2_000_000_000
"""What the process may allocate on Linux: DuckDB's limit counts neither long texts that a function
makes, nor the rows of a result."""

_KILLED: Final = "The query was ended by the system, probably because memory ran out."

_TOO_LARGE: Final = "The query needs too much memory: let it read or return less."

_READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class LakePlace:
    """Where the process finds the lake."""

    uri: str
    timezone: str


@dataclass(frozen=True, slots=True)
class _Running:
    process: SpawnProcess
    connection: Connection


class QueryWorker:
    """Answers queries in a process, which is started by the first one and again after a kill."""

    def __init__(self, place: LakePlace, seconds: float = SECONDS) -> None:
        """Prepare; a query may take `seconds`."""
        self._place, self._seconds = place, seconds
        self._running: _Running | None = None
        self._lock = Lock()

    def ask(self, query: str, max_rows: int) -> Answer:
        """Return the answer to a query; raises AnswerError. Several threads wait for each other."""
        with self._lock:
            try:
                running = self._running or self._start()
                running.connection.send((query, max_rows))
                if not running.connection.poll(self._seconds):
                    self._end()
                    raise AnswerError(
                        f"The query was stopped, since it took longer than {self._seconds} "
                        "seconds: let it read fewer days (context_date) or columns."
                    )
                found: Answer | str = running.connection.recv()
            except (EOFError, OSError):
                self._end()
                raise AnswerError(_KILLED) from None
        if isinstance(found, str):
            raise AnswerError(found)
        return found

    def close(self) -> None:
        """Kill the process, whatever it is at."""
        if running := self._running:
            running.process.kill()  # ends the thread that holds the lock until then
        with self._lock:
            self._end()

    def _start(self) -> _Running:
        # Spawned: a fork would copy the threads of the server and their locks.
        context = multiprocessing.get_context("spawn")
        connection, its_connection = context.Pipe()
        process = context.Process(target=_serve, args=(its_connection, self._place), daemon=True)
        process.start()
        its_connection.close()
        self._running = _Running(process, connection)
        connection.recv()  # the imports are not part of a query's time
        return self._running

    def _end(self) -> None:
        if self._running:
            self._running.process.kill()
            self._running.process.join()
            self._running.connection.close()
            self._running = None


@contextmanager
def query_worker(place: LakePlace, seconds: float = SECONDS) -> Iterator[QueryWorker]:
    """Provide a worker, whose process ends with the block."""
    worker = QueryWorker(place, seconds)
    try:
        yield worker
    finally:
        worker.close()


def _serve(connection: Connection, place: LakePlace) -> None:
    """Answer queries until the other end of the connection is closed."""
    follow_parent()
    # Standard output is the protocol's, and nothing else may be written there.
    os.dup2(sys.stderr.fileno(), 1)
    _limit_memory()
    connection.send(_READY)
    with suppress(EOFError):
        while True:
            connection.send(_answer_or_error(place, *connection.recv()))


def _limit_memory() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = PROCESS_BYTES if hard == resource.RLIM_INFINITY else min(PROCESS_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _answer_or_error(place: LakePlace, query: str, max_rows: int) -> Answer | str:
    tables = TABLES.values()
    try:
        # A session for each: nothing that a query leaves is seen by the next one.
        with open_session(Lake(place.uri), place.timezone, tables, confined=LIMITS) as session:
            return answer(session, columns_of(tables), query, max_rows)
    except MemoryError:
        return _TOO_LARGE
    except (AnswerError, StoreError, OSError) as error:
        return first_line(error) or _KILLED
