"""The spool keeps each call until it has landed, and uses files again, whose names are durable."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from tg_pipeline.bot_api_proxy.spool import CallSpool, Outcome, SpooledCall

MAX_BYTES = 100_000


def open_spool(folder: Path) -> CallSpool:
    return CallSpool(folder, MAX_BYTES, lambda: datetime.now(UTC))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[CallSpool]:
    opened = open_spool(tmp_path)
    yield opened
    opened.close()


def begin(spool: CallSpool, text: str) -> SpooledCall:
    call = spool.begin(7, "sendMessage", {"chat_id": 5, "text": text})
    assert call
    return call


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.call"))


def test_a_file_is_used_again_for_a_later_call_alone(spool: CallSpool, tmp_path: Path) -> None:
    # Given a call that has landed
    first = begin(spool, "first")
    spool.complete(first, Outcome(ok=True))
    spool.delete(first.name)

    second = begin(spool, "second")

    # Then its file holds the next one, and nothing of itself
    assert [path.stem for path in files(tmp_path)] == [second.name] == [first.name]
    assert spool.names() == [second.name]
    read = spool.read(second.name)
    assert read == second
    assert b"first" not in files(tmp_path)[0].read_bytes()


def test_calls_at_the_same_time_have_files_of_their_own(spool: CallSpool) -> None:
    # Given two files that can be used again
    for call in [begin(spool, "a"), begin(spool, "b")]:
        spool.delete(call.name)

    calls = [begin(spool, text) for text in "cdef"]

    assert len({call.name for call in calls}) == 4
    assert [spool.read(call.name) for call in calls] == calls


def test_empty_files_of_a_killed_proxy_are_no_calls(tmp_path: Path) -> None:
    # Given what a proxy leaves that has no time to delete its files: an empty one, and a call
    killed = open_spool(tmp_path / "killed")
    landed, left = begin(killed, "landed"), begin(killed, "left")
    killed.delete(landed.name)
    copytree(tmp_path / "killed", tmp_path / "next")
    killed.close()

    spool = open_spool(tmp_path / "next")

    assert spool.names() == [left.name]
    assert spool.read(left.name) == left
    # And the empty one is used for the next call
    assert begin(spool, "next").name == landed.name
    spool.close()


def test_a_spool_that_is_closed_leaves_only_calls(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    landed, left = begin(spool, "landed"), begin(spool, "left")
    spool.delete(landed.name)

    spool.close()

    assert [path.stem for path in files(tmp_path)] == [left.name]


def test_a_spool_is_full_by_what_calls_hold_and_not_by_spare_files(tmp_path: Path) -> None:
    spool = CallSpool(tmp_path, 600, lambda: datetime.now(UTC))

    for _ in range(20):
        spool.delete(begin(spool, "x" * 100).name)

    assert spool.begin(7, "sendMessage", {"text": "x" * 600}) is None
    assert len(files(tmp_path)) == 1
    spool.close()


def test_a_deleted_call_whose_name_may_be_read_again_is_never_that_of_another(
    tmp_path: Path,
) -> None:
    # Given a call that was being written when the proxy was killed
    (tmp_path / "torn.call").write_bytes(b'{"bot_id":7,')
    spool = open_spool(tmp_path)
    assert spool.read("torn") is None

    # When it is deleted, and again after a failure, and calls are made in between
    spool.delete("torn", keeps_file=False)
    first = begin(spool, "first")
    spool.delete("torn", keeps_file=False)
    calls = [first, begin(spool, "second")]

    # Then none of them has its name, and each has a file of its own
    with pytest.raises(FileNotFoundError):
        spool.read("torn")
    assert [spool.read(call.name) for call in calls] == calls
    assert len({call.name for call in calls}) == 2
    spool.close()
