"""The files that commands write."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tg_pipeline.cli.results.output_file import replacement
from tg_pipeline.exceptions import CommandError

LIMIT = 1_000
"""Bytes."""


@contextmanager
def no_file_beyond_the_limit() -> Iterator[None]:
    """Let writes beyond LIMIT fail, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def write(path: Path, content: bytes) -> None:
    with replacement(path) as file:
        file.write(content)


def test_a_full_disk_leaves_the_earlier_file_and_is_one_clear_line(tmp_path: Path) -> None:
    # Given a file
    path = tmp_path / "report.html"
    path.write_text("earlier")

    # When there is no room for its replacement
    with no_file_beyond_the_limit(), pytest.raises(CommandError) as error:
        write(path, b"x" * 2 * LIMIT)

    # Then it is as it was, and nothing else is left
    assert str(error.value) == f"--output {path}: File too large."
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_has_the_permissions_of_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("earlier")
    path.chmod(0o644)

    write(path, b"new")

    assert path.stat().st_mode & 0o777 == 0o644
