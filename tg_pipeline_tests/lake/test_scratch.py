"""What is being written lies aside, and nothing of it stays, however its process ends."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore

from tg_pipeline.lake.landing_zone import remove_stale_temp_files
from tg_pipeline.lake.partitions import WRITING, Lake, temp_dir
from tg_pipeline_tests.lake.conftest import DAY, FOLDER, KEY, write

WRITES_FOR_EVER = """
import sys, time
from pathlib import Path
from tg_pipeline.lake.partitions import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("of it")
    print(folder.name, flush=True)
    time.sleep(600)
"""


def folders(parent: Path) -> list[str]:
    return [path.name for path in parent.iterdir() if path.name.startswith(WRITING)]


@pytest.mark.parametrize("error", [None, ValueError("broken"), KeyboardInterrupt()], ids=repr)
def test_a_folder_is_gone_at_the_end(tmp_path: Path, error: BaseException | None) -> None:
    with suppress(ValueError, KeyboardInterrupt), temp_dir(tmp_path) as folder:
        (folder / "part-0.parquet").write_text("half")
        assert folders(tmp_path) == [folder.name]
        if error:
            raise error

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away_by_the_next_and_not_before(
    tmp_path: Path,
) -> None:
    # Given a process that is writing a day, beside this one
    lake = Lake(tmp_path.as_uri())
    beside = (tmp_path / KEY).parent
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(beside)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        name = writer.stdout.readline().strip()

        # When the day is written here, then its folder is left alone
        write(lake, 1)
        assert folders(beside) == [name]

        # When it is killed, and the day is written again, then its folder is gone
        writer.kill()
    write(lake, 2)
    assert [path.name for path in beside.iterdir()] == ["part-0.parquet"]


def test_two_writers_have_a_folder_each(tmp_path: Path) -> None:
    with temp_dir(tmp_path) as one, temp_dir(tmp_path) as other:
        assert one != other
        assert sorted(folders(tmp_path)) == sorted([one.name, other.name])


def test_what_a_killed_door_left_without_a_name_is_removed_once_it_is_old(tmp_path: Path) -> None:
    # Given a landed file, one that a door is at, and some that a killed one has left
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    hours_ago = time.time() - timedelta(hours=2).total_seconds()
    for name in ("7-1.json", "7-2.json#12345", "7-3.json#12345", "7-4.json#a"):
        (folder / name).write_text("{}")
        if name != "7-2.json#12345":
            os.utime(folder / name, (hours_ago, hours_ago))

    # When the day is swept
    remove_stale_temp_files(LocalStore(tmp_path), DAY, lambda: datetime.now(UTC))

    # Then only what nobody will name is gone
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["7-1.json", "7-2.json#12345", "7-4.json#a"]
    remove_stale_temp_files(LocalStore(tmp_path), DAY + timedelta(days=1))
