"""The fuzz targets by name. Each is a module with a function `check`, which raises if an input
breaks a guarantee."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

Check = Callable[[bytes], None]

TARGETS: Final = (
    "enrich",
    "lambda_events",
    "landing",
    "queue_messages",
    "reader",
    "saved_updates",
    "update_ids",
    "webhook",
)

OF_JSON: Final = frozenset(TARGETS) - {"reader", "update_ids", "webhook"}
"""Targets whose inputs are mutated as JSON, too."""

CORPUS: Final = Path(__file__).parent / "corpus"

FOUND: Final = Path(__file__).parents[2] / ".tg_pipeline" / "fuzz"
"""Where inputs are collected while a target is fuzzed."""


def check_of(target: str) -> Check:
    """Return the function that checks an input of a target."""
    module = import_module(f"tg_pipeline_tests.fuzz.checks.{target}")
    return cast("Check", module.check)


def inputs_of(target: str) -> list[Path]:
    """Return the kept inputs of a target."""
    return sorted((CORPUS / target).iterdir())
