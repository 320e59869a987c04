"""Choose the inputs of the kept corpora: `python -m tg_pipeline_tests.fuzz.keep [TARGET…]`.

Of all inputs that were found or are kept, those are kept that reach a step (from one line of the
product to the next) that no smaller input reaches.
"""

import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn

import lambda_ingest
import tg_pipeline
from tg_pipeline_tests.fuzz.targets import CORPUS, FOUND, TARGETS, Check, check_of, inputs_of

COVERED: Final = tuple(
    str(Path(str(each.__file__)).parent) for each in (lambda_ingest, tg_pipeline, uvicorn)
)

MAX_KEPT: Final = 37
"""Inputs that are kept of a target; those that reach the most come first."""

NAME_CHARACTERS: Final = 16

Step = tuple[str, int, int]
"""A file, and two lines that are executed one after the other."""


def main(targets: Iterable[str]) -> None:
    """Choose the inputs of some targets again."""
    for target in targets:
        folder = FOUND / target
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        found = sorted(folder.iterdir()) if folder.exists() else []
        bodies = {path.read_bytes() for path in (*found, *inputs_of(target))}
        check = check_of(target)
        check(b"")
        steps = {each: steps_of(check, each) for each in sorted(bodies, key=_smallest_first)}
        kept = {sha256(each).hexdigest()[:NAME_CHARACTERS]: each for each in _cover(steps)}
        for path in inputs_of(target):
            if path.name not in kept:
                path.unlink()
        for name, body in kept.items():
            (CORPUS / target / name).write_bytes(body)
        sys.stdout.write(f"{target}: {len(kept)} of {len(bodies)} inputs are kept.\n")


def steps_of(check: Check, body: bytes) -> set[Step]:
    """Return the steps in the product that an input causes; raises what the check raises."""
    steps: set[Step] = set()
    previous: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(COVERED):
            return None
        if event == "line":
            steps.add((frame.f_code.co_filename, previous.get(frame, 0), frame.f_lineno))
            previous[frame] = frame.f_lineno
        elif event == "return":
            previous.pop(frame, None)
        return trace

    sys.settrace(trace)
    try:
        check(body)
    finally:
        sys.settrace(None)
    return steps


def _cover(steps: dict[bytes, set[Step]]) -> list[bytes]:
    """Return inputs that together reach all steps, the ones that add the most first."""
    missing, kept = set[Step]().union(*steps.values()), list[bytes]()
    while missing and len(kept) < MAX_KEPT:
        best = max(steps, key=lambda each: (len(steps[each] & missing), -len(each)))
        kept.append(best)
        missing -= steps[best]
    return kept


def _smallest_first(body: bytes) -> tuple[int, bytes]:
    return len(body), body


if __name__ == "__main__":
    main(sys.argv[1:] or TARGETS)
