"""`python -m tg_pipeline_tests.chaos`: attack the product for some minutes, and judge the result.

It prints what was done and what is wrong, and exits with 1 if anything is.
"""

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tg_pipeline_tests.chaos.sites import CEPH, DISK, S3, STORES, open_site
from tg_pipeline_tests.chaos.verdict import Verdict, verify
from tg_pipeline_tests.chaos.world import ChaosWorld, Tally

ROUND_SECONDS: Final = 300.0
"""A round begins with an empty landing zone, and ends with a judgement."""

SHARE_OF_DISTURBANCE: Final = 0.6
"""Of a short round; the rest is for settling, building again and comparing."""

MAX_SETTLING: Final = 75.0
"""Seconds that a long round leaves for that."""

LEAST_DISTURBANCE: Final = 15.0
"""Seconds; a round that can't have them is left out."""

EXTENSION: Final = 240.0
"""Seconds that a round may take longer than planned, on a slow machine; then it has failed."""

DAYS: Final = 8
"""Days on which updates happen in a round."""


def main() -> int:
    """Run the rounds; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tg_pipeline_tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=3.0, help="of all rounds together")
    parser.add_argument("--store", choices=STORES, help="by default all, in turn")
    options = parser.parse_args()
    # So that everything that was started ends with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Terminated."))
    stores = [options.store] if options.store else [DISK, S3, DISK, CEPH, DISK, S3]
    kills, failed = Counter[str](), list[str]()
    for store, seed, seconds in _rounds(options.seed, stores, options.minutes * 60):
        tally, verdict = _run_round(seed, store, seconds)
        kills[store] += tally.killed.total()
        failed += [] if verdict.holds else [f"{seed} on {store}"]
    print("Kills:", ", ".join(f"{count} on {store}" for store, count in kills.items()))
    print(f"Failed: {', '.join(failed)}." if failed else "Everything holds.")
    return 1 if failed else 0


def _rounds(seed: int, stores: list[str], seconds: float) -> Iterator[tuple[str, str, float]]:
    """Yield the store, the seed and the seconds of each round, as long as there is time."""
    end = time.monotonic() + seconds
    rounds = max(round(seconds / ROUND_SECONDS), min(len(stores), 2))
    for number in range(rounds):
        left = (end - time.monotonic()) / (rounds - number)
        if left * SHARE_OF_DISTURBANCE < LEAST_DISTURBANCE:
            print(f"No time is left for {rounds - number} of {rounds} rounds.")
            return
        yield stores[number % len(stores)], f"{seed}.{number}", left


def _run_round(seed: str, store: str, seconds: float) -> tuple[Tally, Verdict]:
    started = time.monotonic()
    with open_site(store, seed) as site:
        print(f"Round {seed} on {site.name}: {seconds:.0f} s.", flush=True)
        if store == DISK and not site.can_be_full:
            print("  No file system can be mounted here, so the disk is never full.")
        left = seconds - (time.monotonic() - started)
        disturbance = max(left * SHARE_OF_DISTURBANCE, left - MAX_SETTLING)
        world = ChaosWorld(seed, site, DAYS, disturbance, sys.stdout)
        world.run(disturbance, deadline=started + seconds + EXTENSION)
        verdict = verify(site, world.reference)
        verdict.problems += world.problems
        _print(world.tally, verdict, time.monotonic() - started)
        faults = ", ".join(f"{count} times {kind}" for kind, count in sorted(site.faults.items()))
        print(f"  Faults: {faults or 'none'}.")
        if not verdict.holds:
            print(f"  Everything is kept in {site.keep(seed)}.")
        sys.stdout.flush()
    return world.tally, verdict


def _print(tally: Tally, verdict: Verdict, seconds: float) -> None:
    print(f"  {'':12} started    done  failed  killed  terminated  stopped  limited")
    for name in sorted(tally.started):
        counts = (tally.ended, tally.failed, tally.killed)
        line = "".join(f"{each[name]:>8}" for each in (tally.started, *counts))
        rest = f"{tally.terminated[name]:>12}{tally.stopped[name]:>9}{tally.limited[name]:>9}"
        print(f"  {name:12}{line}{rest}")
    for name, count in tally.failed.items():
        if name not in tally.started:
            print(f"  {count} times {name}")
    print(
        f"  {tally.killed.total()} kills in {seconds:.0f} s; {verdict.updates} updates, "
        f"{verdict.acknowledged} acknowledged; lost {verdict.lost}, doubled {verdict.doubled}, "
        f"on a wrong day {verdict.misplaced}, litter {verdict.litter}, "
        f"differing objects {verdict.differing} of {verdict.objects}"
    )
    for problem in verdict.problems:
        print(f"  WRONG: {problem}")


if __name__ == "__main__":
    sys.exit(main())
