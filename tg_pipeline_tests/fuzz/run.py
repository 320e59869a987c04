"""Fuzz a target with atheris: `python -m tg_pipeline_tests.fuzz.run TARGET [SECONDS]`.

Inputs that reach new code are collected in the state folder. Ends with an error if an input breaks
a guarantee, and keeps that input beside them.
"""

import sys
from pathlib import Path
from typing import Final

import atheris

from tg_pipeline_tests.fuzz.json_mutation import NAMES, mutate
from tg_pipeline_tests.fuzz.targets import CORPUS, FOUND, OF_JSON, TARGETS, check_of

INSTRUMENTED: Final = ["lambda_ingest", "tg_pipeline", "json", "uvicorn", "starlette"]
"""Packages whose branches guide the search."""

DEFAULT_SECONDS: Final = "60"
MAX_INPUT_BYTES: Final = 4096
HANG_SECONDS: Final = 20
MAX_MEMORY_MB: Final = 3_000


def main(arguments: list[str]) -> None:
    """Fuzz a target for some seconds."""
    target, seconds = [*arguments, DEFAULT_SECONDS][:2]
    if target not in TARGETS:
        sys.exit(f"There is no fuzz target {target!r}: the targets are {', '.join(TARGETS)}.")
    with atheris.instrument_imports(include=INSTRUMENTED):
        check = check_of(target)
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    options = [
        *(sys.argv[0], f"-max_total_time={seconds}", f"-max_len={MAX_INPUT_BYTES}"),
        *(f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={MAX_MEMORY_MB}", "-print_final_stats=1"),
        *(f"-artifact_prefix={FOUND}/{target}-", f"-dict={_dictionary()}"),
        *(str(found), str(CORPUS / target)),
    ]
    mutator = {"custom_mutator": _mutated} if target in OF_JSON else {}
    atheris.Setup(options, check, **mutator)
    atheris.Fuzz()


def _mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Mutate an input as JSON, if it is JSON and the seed is odd, or else as bytes."""
    changed = mutate(data, seed) if seed % 4 else None
    if changed is None or len(changed) > max_size:
        return bytes(atheris.Mutate(data, min(max_size, MAX_INPUT_BYTES)))
    return changed


def _dictionary() -> Path:
    """Write the names of fields in libFuzzer's format, and return the file."""
    path = FOUND / "names.dict"
    path.write_text("".join(f'"\\"{name}\\":"\n' for name in NAMES))
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
