"""What each stage of a long piece of work costs, told from within it."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, NamedTuple

from measure import cpu_seconds

from tg_pipeline.report.models import ReportData

READING: Final = "reading the updates"
FINDING: Final = "finding questions"
FACTS: Final = "the report's facts"
DRAWING: Final = "drawing the report"
"""Stages beside the marts, each of which is named as itself."""


class Side(NamedTuple):
    """What a side took, and what it found."""

    cpu: dict[str, float]
    """Seconds of CPU, by stage."""
    wall: float
    """Seconds from its beginning to its end."""
    facts: ReportData


@dataclass(slots=True)
class Meter:
    """Counts the CPU of stages, and the wall clock since it was made."""

    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _began: float = field(default_factory=perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done within, but for stages within, which are counted by themselves."""
        before, counted = cpu_seconds(), sum(self.cpu.values())
        yield
        within = sum(self.cpu.values()) - counted
        self.cpu[name] += cpu_seconds() - before - within

    def side(self, facts: ReportData) -> Side:
        """Give what was counted so far."""
        return Side(dict(self.cpu), perf_counter() - self._began, facts)
