"""A log whose reader stalls, or is gone, makes nobody wait; what it misses is counted."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tg_pipeline.webhook_server import unblocked_lines
from tg_pipeline.webhook_server.unblocked_lines import UnblockedLines

LONG = "x" * 1_000_000


def report(count: int) -> str:
    return f"dropped {count}\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    others = set(threading.enumerate())
    ends = reading, writing = os.pipe()
    yield ends
    with suppress(OSError):
        os.close(reading)
    # A thread that was writing goes on with the rest, and must not do so on the next test's pipe,
    # which gets the same numbers.
    for thread in set(threading.enumerate()) - others:
        thread.join()
    with suppress(OSError):
        os.close(writing)


def read_until_end(reading: int) -> bytes:
    with os.fdopen(os.dup(reading), "rb") as file:
        return file.read()


def test_lines_arrive_in_order_and_completely_before_the_end(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    with UnblockedLines(writing, report) as lines:
        for number in range(100):
            lines.write(f"{number} olá\n")
            lines.flush()
    os.close(writing)

    said = read_until_end(reading).decode().splitlines()
    assert said == [f"{number} olá" for number in range(100)]


def test_a_stalled_reader_gets_what_fits_and_then_the_number_of_lost_lines(
    pipe: tuple[int, int],
) -> None:
    # Given a pipe that is full, with a line that can't be written completely
    reading, writing = pipe
    lines = UnblockedLines(writing, report, capacity=2)
    lines.write(LONG)
    while not (started := os.read(reading, 1)):
        continue

    # When more lines are written than fit, then nobody waits
    for number in range(5):
        lines.write(f"\n{number}\n")

    # And when the reader continues, then it gets those that fit, and how many did not
    received = started
    while b"dropped 3" not in received[-65_536:]:
        received += os.read(reading, 65_536)
    lines.write("again\n")
    lines.close()
    os.close(writing)
    rest = (received + read_until_end(reading)).decode().removeprefix(LONG)
    assert rest.split() == ["dropped", "3", "0", "1", "again"]


def test_a_reader_that_is_gone_or_takes_nothing_does_not_keep_the_end_waiting(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unblocked_lines, "FLUSH_SECONDS", 0.05)
    reading, writing = pipe
    stalled = UnblockedLines(writing, report, capacity=1)
    for _ in range(3):
        stalled.write(LONG)
    stalled.close()

    os.close(reading)
    with UnblockedLines(writing, report) as gone:
        gone.write("nobody hears this\n")

    assert gone.closed
    assert stalled.closed


def test_a_descriptor_that_does_not_block_loses_nothing(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    lines = UnblockedLines(writing, report)
    lines.write(LONG)
    received = b""
    while len(received) < len(LONG):
        received += os.read(reading, 65_536)
    lines.close()

    assert received.decode() == LONG
