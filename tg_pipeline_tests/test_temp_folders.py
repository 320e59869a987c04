"""A temporary folder is removed with its process, or by the next one if the process was killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tg_pipeline.temp_folders import SYSTEM_PREFIX, TEMP_PREFIX, remove_abandoned, temp_dir
from tg_pipeline_tests.fakes.litter import find_litter

HOLD = """
import sys
from pathlib import Path
from tg_pipeline.temp_folders import temp_dir
with temp_dir(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
    (folder / "part").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the system's temporary one, here and in child processes."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@contextmanager
def holding(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Run a process that holds a temporary folder until its input ends, or until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("place", ["the system's folder", "a lake"])
def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_not_earlier(
    temporary: Path, tmp_path: Path, place: str
) -> None:
    # Given a process with a temporary folder, which stays while it runs
    parent = tmp_path / "lake" if place == "a lake" else None
    with holding(*([str(parent)] if parent else [])) as (process, folder):
        remove_abandoned(parent)
        assert (folder / "part").exists()

        # When it is killed, the next process that needs a folder removes this one
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (folder / "part").exists()
    with temp_dir(parent) as own:
        assert not folder.exists()
        assert own.exists()
    assert find_litter(temporary, tmp_path / "lake") == []


def test_what_is_not_ours_stays(temporary: Path, tmp_path: Path) -> None:
    # Given folders, files and links of others, also with our prefix
    mine = temporary / f"{SYSTEM_PREFIX}left"
    mine.mkdir()
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "data").write_text("kept")
    others = [temporary / f"{TEMP_PREFIX}of-another-program", temporary / "tmp123"]
    for folder in others:
        folder.mkdir()
    link, file = temporary / f"{SYSTEM_PREFIX}link", temporary / f"{SYSTEM_PREFIX}file"
    link.symlink_to(elsewhere)
    file.write_text("no folder")

    remove_abandoned()

    assert not mine.exists()
    assert (elsewhere / "data").read_text() == "kept"
    assert all(path.exists() for path in (*others, link, file))


def test_a_missing_folder_has_no_leftovers(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "missing")

    with temp_dir(tmp_path / "missing") as folder:
        assert folder.parent == tmp_path / "missing"
    assert list((tmp_path / "missing").iterdir()) == []
