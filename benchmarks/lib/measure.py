"""CPU and memory of work in a fresh process, and of the stages within it."""

import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from time import perf_counter
from types import TracebackType
from typing import Final, Generic, NamedTuple, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of `ru_maxrss`."""


@dataclass(frozen=True, slots=True)
class Measured(Generic[T]):
    """A result, and the CPU seconds it took: user and system, threads and children."""

    result: T
    cpu: float


class FreshProcess:
    """A new interpreter for one or several pieces of work.

    The process that starts it should use little memory: on Linux the peak is inherited.
    """

    def __init__(self) -> None:
        """Prepare the process; the interpreter starts with the first work."""
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        """Return the process."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._pool.shutdown()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
        """Do the work and wait for it; importing the work's module is not measured."""
        return self._pool.submit(_measured, partial(work, *args, **kwargs)).result()

    def peak(self) -> int:
        """Return the peak resident memory so far, in bytes, imports included."""
        return self._pool.submit(_peak).result()


@dataclass(slots=True)
class Stopwatch:
    """CPU seconds by stage, and wall-clock seconds since its creation."""

    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _started: float = field(default_factory=perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block, without the stages inside it, which count by themselves."""
        before, counted = cpu_seconds(), sum(self.cpu.values())
        yield
        inside = sum(self.cpu.values()) - counted
        self.cpu[name] += cpu_seconds() - before - inside

    def costs(self) -> "StageCosts":
        """Return what was measured so far."""
        return StageCosts(dict(self.cpu), perf_counter() - self._started)


class StageCosts(NamedTuple):
    """CPU seconds by stage, and wall-clock seconds of all stages."""

    cpu: dict[str, float]
    wall: float


def run_fresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
    """Do one piece of work in a process of its own."""
    with FreshProcess() as process:
        return process.run(work, *args, **kwargs)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its ended children, user and system."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _measured(work: Callable[[], T]) -> Measured[T]:
    before = cpu_seconds()
    result = work()
    return Measured(result, cpu_seconds() - before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT
