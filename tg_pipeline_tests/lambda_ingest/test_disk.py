"""An object on a disk is whole and durable from the moment it is said to be there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_ingest.store import durable_put, open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored

KEY = "telegram/context_date=2026-10-07/7-5.json"


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def at_each_sync(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], None]], None]:
    """Give a way to look at the disk whenever something is about to be flushed to it."""
    sync = os.fsync

    def watch(look: Callable[[int], None]) -> None:
        def looked_at(handle: int) -> None:
            look(os.fstat(handle).st_ino)
            sync(handle)

        monkeypatch.setattr("os.fsync", looked_at)

    return watch


def test_an_object_is_written_below_folders_that_are_made(tmp_path: Path) -> None:
    assert durable_put(tmp_path / "landing", KEY, b"{}") is True

    assert (tmp_path / "landing" / KEY).read_bytes() == b"{}"


def test_the_first_bytes_stand_and_nothing_is_left_over(tmp_path: Path) -> None:
    durable_put(tmp_path, KEY, b"first")

    assert durable_put(tmp_path, KEY, b"second") is False

    assert (tmp_path / KEY).read_bytes() == b"first"
    assert names_in(tmp_path) == [KEY]


@pytest.mark.parametrize("body", [b"", b"\x00\xff" * 500_000], ids=["nothing", "a megabyte"])
def test_any_bytes_are_an_object(tmp_path: Path, body: bytes) -> None:
    durable_put(tmp_path, KEY, body)

    assert (tmp_path / KEY).read_bytes() == body


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_promise(
    tmp_path: Path, at_each_sync: Callable[[Callable[[int], None]], None]
) -> None:
    target, synced = tmp_path / KEY, list[tuple[int, bool]]()
    at_each_sync(lambda inode: synced.append((inode, target.exists())))

    durable_put(tmp_path, KEY, b"{}")

    assert (target.stat().st_ino, False) in synced
    assert synced[-1] == (target.parent.stat().st_ino, True)


def test_folders_that_are_made_are_on_the_disk_too(
    tmp_path: Path, at_each_sync: Callable[[Callable[[int], None]], None]
) -> None:
    synced = list[int]()
    at_each_sync(synced.append)

    durable_put(tmp_path / "a" / "landing", KEY, b"{}")

    folders = [tmp_path, *(tmp_path / "a" / "landing" / KEY).parents]
    made = [folder for folder in folders if folder.is_relative_to(tmp_path)]
    assert {folder.stat().st_ino for folder in made} <= set(synced)


def test_a_name_that_was_taken_is_on_the_disk_before_that_is_said(
    tmp_path: Path, at_each_sync: Callable[[Callable[[int], None]], None]
) -> None:
    durable_put(tmp_path, KEY, b"first")
    synced = list[int]()
    at_each_sync(synced.append)

    durable_put(tmp_path, KEY, b"second")

    assert synced[-1] == (tmp_path / KEY).parent.stat().st_ino


def test_no_listing_shows_an_object_that_is_being_written(
    tmp_path: Path, at_each_sync: Callable[[Callable[[int], None]], None]
) -> None:
    landing, seen = open_store(tmp_path.as_uri()), list[tuple[list[str], list[str]]]()
    durable_put(tmp_path, KEY, b"{}")
    at_each_sync(lambda _: seen.append((names_in(tmp_path), list(stored(landing)))))

    durable_put(tmp_path, KEY, b"again")

    being_written, listed = seen[0]
    assert len(being_written) == 2
    assert listed == [KEY]


def test_a_write_that_fails_leaves_nothing_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.link", fail)

    with pytest.raises(OSError, match="no space left"):
        durable_put(tmp_path, KEY, b"{}")

    assert names_in(tmp_path) == []


@pytest.mark.parametrize("taken", ["telegram", "telegram/context_date=2026-10-07"])
def test_a_file_in_the_place_of_a_folder_is_an_error_and_no_duplicate(
    tmp_path: Path, taken: str
) -> None:
    durable_put(tmp_path, taken, b"a file stands here")

    with pytest.raises(OSError, match=r"exists|Not a directory"):
        durable_put(tmp_path, KEY, b"{}")
