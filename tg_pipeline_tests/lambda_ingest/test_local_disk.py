"""A file is put durably and once, and a writer that is killed leaves nothing that stays."""

import errno
import os
import resource
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.local_disk import (
    STAGED,
    durable_put,
    staged_files,
    sweep_staged_files,
    write_and_name,
)
from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored

KEY = "telegram/context_date=2026-10-07/7-5.json"
ARRIVED = datetime(2026, 10, 7, 15, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


Watch = Callable[[Callable[[int], None]], None]


@pytest.fixture
def before_each_sync(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return a function that registers a callback, which gets the inode of what is synced next."""
    sync = os.fsync

    def register(callback: Callable[[int], None]) -> None:
        def watched(handle: int) -> None:
            callback(os.fstat(handle).st_ino)
            sync(handle)

        monkeypatch.setattr("os.fsync", watched)

    return register


def test_the_content_is_synced_before_the_name_exists_and_then_the_name(
    tmp_path: Path, before_each_sync: Watch
) -> None:
    target, synced = tmp_path / KEY, list[tuple[int, bool]]()
    before_each_sync(lambda inode: synced.append((inode, target.exists())))

    durable_put(tmp_path, KEY, b"{}")

    assert (target.stat().st_ino, False) in synced
    assert synced[-1] == (target.parent.stat().st_ino, True)


def test_created_folders_are_synced(tmp_path: Path, before_each_sync: Watch) -> None:
    synced = list[int]()
    before_each_sync(synced.append)

    durable_put(tmp_path / "a" / "landing", KEY, b"{}")

    folders = [tmp_path, *(tmp_path / "a" / "landing" / KEY).parents]
    created = [folder for folder in folders if folder.is_relative_to(tmp_path)]
    assert {folder.stat().st_ino for folder in created} <= set(synced)


def test_an_existing_name_is_synced_before_it_is_reported(
    tmp_path: Path, before_each_sync: Watch
) -> None:
    durable_put(tmp_path, KEY, b"first")
    synced = list[int]()
    before_each_sync(synced.append)

    durable_put(tmp_path, KEY, b"second")

    assert synced[-1] == (tmp_path / KEY).parent.stat().st_ino


def test_listings_omit_objects_that_are_being_written(
    tmp_path: Path, before_each_sync: Watch
) -> None:
    landing, seen = open_store(tmp_path.as_uri()), list[tuple[list[str], list[str]]]()
    before_each_sync(lambda _: seen.append((names_in(tmp_path), list(stored(landing)))))

    durable_put(tmp_path, KEY, b"{}")

    with_temporary_file = [listed for files, listed in seen if any("#" in f for f in files)]
    assert with_temporary_file
    assert not any(with_temporary_file)


def in_child(work: Callable[[], object]) -> int:
    """Return the exit status of a process that does some work: 1 after an OSError."""
    child = os.fork()
    if not child:
        status = 2
        try:
            work()
            status = 0
        except OSError:
            status = 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def put_until_call(folder: Path, number: int) -> None:
    """Put an object, but end the process at the n-th call of the system or a library."""
    calls = count()

    def on_event(_frame: FrameType, event: str, _what: object) -> None:
        if event in {"c_call", "c_return"} and next(calls) == number:
            os._exit(9)

    sys.setprofile(on_event)
    durable_put(folder, KEY, b"{}", ARRIVED)


@pytest.mark.slow
def test_a_kill_at_any_call_leaves_one_complete_object_after_the_retry_and_no_litter(
    tmp_path: Path,
) -> None:
    leftovers = 0
    for number in count():
        # Given a writer that was killed
        folder = tmp_path / str(number)
        folder.mkdir()
        if not in_child(lambda: put_until_call(folder, number)):  # noqa: B023
            break
        leftovers += bool(list(staged_files(folder)))

        # When another one puts the object again, and leftovers are swept an hour later
        durable_put(folder, KEY, b"{}", ARRIVED)
        sweep_staged_files(folder, lambda: datetime.now(UTC) + timedelta(hours=2))

        # Then the object is complete, and nothing else is left but the journal
        *journals, name = names_in(folder)
        assert name == KEY
        assert (folder / name).read_bytes() == b"{}"
        assert all(each.startswith(JOURNAL_PREFIX) for each in journals)

    assert leftovers > 1
    assert number > 2 * leftovers


def test_a_disk_that_is_full_costs_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    def put() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        durable_put(tmp_path, KEY, b"{" + b" " * 100 + b"}", ARRIVED)

    assert in_child(put) == 1

    assert names_in(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [STAGED]
    assert durable_put(tmp_path, KEY, b"{}", ARRIVED) is True


def test_a_name_that_can_not_be_given_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("os.link", fail)

    with pytest.raises(OSError, match="no space left"):
        durable_put(tmp_path, KEY, b"{}")

    assert names_in(tmp_path) == []


def test_a_prefix_that_is_a_file_system_of_its_own_gets_its_objects(
    tmp_path: Path, folder_in_memory: Path
) -> None:
    (tmp_path / "telegram").symlink_to(folder_in_memory)

    assert [durable_put(tmp_path, KEY, body) for body in (b"{}", b"[]")] == [True, False]

    assert (tmp_path / KEY).read_bytes() == b"{}"
    assert list(staged_files(tmp_path)) == []


def test_a_clock_that_jumps_back_between_two_puts_loses_nothing(tmp_path: Path) -> None:
    for number, arrived_at in enumerate([ARRIVED, ARRIVED - timedelta(days=4_000)]):
        assert durable_put(tmp_path, f"{KEY}{number}", b"{}", arrived_at)
    sweep_staged_files(tmp_path, lambda: ARRIVED - timedelta(days=4_000))

    assert [durable_put(tmp_path, f"{KEY}{number}", b"", ARRIVED) for number in (0, 1)] == [
        False,
        False,
    ]


def old_files(folder: Path, names: Iterable[str]) -> list[str]:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
        os.utime(path, (0, 0))
    return sorted(names)


def sweep_after(folder: Path, hours: float) -> list[str]:
    sweep_staged_files(folder, lambda: datetime.now(UTC) + timedelta(hours=hours))
    return names_in(folder)


def test_leftovers_are_swept_after_an_hour_under_every_prefix_also_those_of_earlier_versions(
    tmp_path: Path,
) -> None:
    day = "context_date=2026-10-07"
    names = old_files(
        tmp_path,
        [
            f"{STAGED}/telegram%2F{day}%2F7-5.json#140281234567",
            f"telegram/{day}/7-5.json#140281234567",
            f"telegram/{day}/7-{DIGEST}.ndjson.gz#140281234567",
            f"rejected/{day}/{DIGEST}.json#140281234567",
            f"replies/{day}/7-5.json#140281234567",
            f"gaps/{day}/7-filtered#140281234567",
            "chats/-1001/successor-of--42.json#140281234567",
        ],
    )

    assert sweep_after(tmp_path, hours=0.9) == names
    assert sweep_after(tmp_path, hours=1.1) == []


def test_files_of_others_with_a_number_sign_stay(tmp_path: Path) -> None:
    day = "telegram/context_date=2026-10-07"
    names = old_files(
        tmp_path,
        [
            *(f"{day}/export.json#2", f"{day}/export.json#140281234567", f"{day}/7-5.json#2"),
            *(f"{day}/7-5.json", f"{day}/mine/7-5.json#140281234567", "notes#140281234567"),
            f"{STAGED}/notes",
        ],
    )

    assert sweep_after(tmp_path, hours=10_000) == names


def test_containers_with_the_same_process_id_do_not_write_into_one_file(tmp_path: Path) -> None:
    # Given a writer in the middle of its put, and another one with the same ids
    seen = list[str]()

    def put_again(temporary: Path, path: Path) -> None:
        durable_put(tmp_path, KEY, b"second")
        seen.extend([temporary.read_text(), path.read_text()])

    write_and_name(tmp_path, KEY, b"first", None, put_again)

    assert seen == ["first", "second"]


@pytest.mark.parametrize("name", ["telegram", "telegram/context_date=2026-10-07"])
def test_a_file_instead_of_a_folder_is_an_error_and_not_a_duplicate(
    tmp_path: Path, name: str
) -> None:
    durable_put(tmp_path, name, b"not a folder")

    with pytest.raises(OSError, match=r"exists|Not a directory"):
        durable_put(tmp_path, KEY, b"{}")
