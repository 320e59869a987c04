"""A fresh process: what work costs there, in CPU and in memory."""

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from types import TracebackType
from typing import Final, Generic, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes that a unit of `ru_maxrss` stands for."""


@dataclass(frozen=True, slots=True)
class Measured(Generic[T]):
    """What a piece of work gave, and its CPU in seconds: user and system, threads and children."""

    result: T
    cpu: float


class FreshProcess:
    """A new interpreter that has done nothing yet, for one or several pieces of work.

    Whoever starts it should stay thin: on Linux a process inherits the peak of its parent.
    """

    def __init__(self) -> None:
        """Make ready; the interpreter starts with the first work."""
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        """Give the process."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._pool.shutdown()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
        """Do the work there and wait for it; the imports it needs are done before it is timed."""
        return self._pool.submit(_measured, partial(work, *args, **kwargs)).result()

    def peak(self) -> int:
        """Give the most resident memory it has had so far, in bytes, its imports included."""
        return self._pool.submit(_peak).result()


def run_fresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
    """Do one piece of work in a process of its own."""
    with FreshProcess() as process:
        return process.run(work, *args, **kwargs)


def _measured(work: Callable[[], T]) -> Measured[T]:
    before = cpu_seconds()
    result = work()
    return Measured(result, cpu_seconds() - before)


def cpu_seconds() -> float:
    """Give the CPU that this process and its children have had so far, in user and in system."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT
