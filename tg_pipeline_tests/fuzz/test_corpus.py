"""The inputs that fuzzing kept, replayed: each of them once reached code that the others do not."""

from pathlib import Path

import pytest

from tg_pipeline_tests.fuzz.targets import CORPUS, TARGETS, check_of, inputs_of

MAX_FILES, MAX_BYTES = 300, 1_000_000


@pytest.mark.parametrize("target", TARGETS)
def test_no_kept_input_breaks_a_guarantee(target: str) -> None:
    check = check_of(target)

    for each in (b"", *(path.read_bytes() for path in inputs_of(target))):
        check(each)


def test_the_corpora_are_small() -> None:
    kept: list[Path] = [path for target in TARGETS for path in inputs_of(target)]

    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert len(kept) < MAX_FILES
    assert sum(path.stat().st_size for path in kept) < MAX_BYTES
