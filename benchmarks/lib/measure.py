"""CPU and memory of work in a fresh process."""

import importlib
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, ParamSpec, Self, TypeVar

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

    def __init__(self, others: Path | None = None) -> None:
        """Prepare the process; the interpreter starts with the first work.

        It can also import the packages in the folder `others`, which no other process has: if
        pandas can be imported, pyarrow does so, at 0.3 seconds and 50 MB.
        """
        path = [str(others.resolve())] if others else []
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_extend_path, initargs=(path,)
        )

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

    def call(self, module: str, function: str, *args: object) -> Measured[Any]:
        """Do the work of a function whose module this process can't import."""
        self._pool.submit(_load, module).result()
        return self._pool.submit(_call, module, function, args).result()

    def peak(self) -> int:
        """Return the peak resident memory so far, in bytes, imports included."""
        return self._pool.submit(_peak).result()


def run_fresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
    """Do one piece of work in a process of its own."""
    with FreshProcess() as process:
        return process.run(work, *args, **kwargs)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its ended children, user and system."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _extend_path(folders: list[str]) -> None:
    sys.path += folders


def _load(module: str) -> None:
    importlib.import_module(module)


def _call(module: str, function: str, args: tuple[object, ...]) -> Measured[Any]:
    return _measured(partial(getattr(sys.modules[module], function), *args))


def _measured(work: Callable[[], T]) -> Measured[T]:
    before = cpu_seconds()
    result = work()
    return Measured(result, cpu_seconds() - before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT
