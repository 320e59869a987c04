"""Runs that build the same table take turns; whoever waits here is told for what."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final

import dagster as dg

from tg_pipeline.cli.console import err
from tg_pipeline.defs.abandoned_runs import end_abandoned_runs

LOOK_EVERY: Final = 1.0
"""Seconds."""


class Turns:
    """What the runs of one command wait for."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        """Look at the pools of `instance`."""
        self._instance = instance
        self._storage = instance.event_log_storage
        self._said: set[str] = set()

    @contextmanager
    def watched(self, run_id: str) -> Iterator[None]:
        """Say, while the block makes a run, whom that run waits for."""
        is_over = Event()
        watch = Thread(target=self._watch, args=(run_id, is_over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            is_over.set()
            watch.join()

    def end_abandoned(self) -> None:
        """End the runs that were killed, so that nobody waits for them, and name them."""
        for run, why in end_abandoned_runs(self._instance):
            _say(f"Run {run.run_id[:8]} was cut off: {why}.")

    def _watch(self, run_id: str, is_over: Event) -> None:
        while not is_over.wait(LOOK_EVERY):
            # What can't be looked at now is looked at next time.
            with suppress(Exception):
                self._look(run_id)

    def _look(self, run_id: str) -> None:
        pools = self._storage.get_concurrency_infos(sorted(self._storage.get_concurrency_keys()))
        ahead = {
            slot.run_id: pool.concurrency_key
            for pool in pools.values()
            for slot in pool.claimed_slots
            if any(step.run_id == run_id != slot.run_id for step in pool.pending_steps)
        }
        for other in ahead.keys() - self._said:
            _say(f"Another run ({other[:8]}) is building {ahead[other]}; waiting. Ctrl-C stops.")
        self._said |= ahead.keys()
        if ahead:
            self.end_abandoned()


def _say(line: str) -> None:
    err.print(line, markup=False, soft_wrap=True)
