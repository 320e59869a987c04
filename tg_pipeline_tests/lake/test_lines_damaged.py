"""What is broken in an object is a fault with its bytes; what stands before and after is read."""

import gzip
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.lake import landing_reader as lines
from tg_pipeline.lake.landing_reader import Line, read_lines

A, B, C = b'{"update_id": 1}', b'{"update_id": 2}', b'{"update_id": 3}'
MAX, KEPT = 40, 16
LONG = b'{"update_id": 4, "text": "' + b"x" * MAX + b'"}'


def read(name: str, content: bytes) -> list[Line]:
    return list(read_lines(name, io.BytesIO(content)))


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", MAX)
    monkeypatch.setattr(lines, "KEPT_OF_TOO_LONG", KEPT)
    monkeypatch.setattr(lines, "CHUNK", 8)


def test_the_lines_before_a_gzip_stream_ends_early_stand() -> None:
    noise = random.Random(1).randbytes(50_000).hex().encode()  # noqa: S311
    whole = A + b"\n" + B + b"\n" + noise

    first, second, rest = read("5.ndjson.gz", gzip.compress(whole)[:-20_000])

    assert [first, second] == [Line(1, A, None), Line(2, B, None)]
    assert (rest.number, rest.fault) == (3, "the gzip stream ends early")
    assert len(rest.content) > 10_000
    assert noise.startswith(rest.content)


def test_a_gzip_stream_cut_between_two_lines_is_still_a_fault() -> None:
    cut = gzip.compress(A + b"\n")[:-8]

    assert read("5.ndjson.gz", cut) == [
        Line(1, A, None),
        Line(2, b"", "the gzip stream ends early"),
    ]


def test_a_json_object_cut_short_is_a_fault_with_what_was_there() -> None:
    assert read("5.json.gz", gzip.compress(A)[:-8]) == [Line(1, A, "the gzip stream ends early")]


@pytest.mark.parametrize("name", ["5.json.gz", "5.ndjson.gz"])
def test_what_is_no_gzip_stream_is_one_faulty_line(name: str) -> None:
    (line,) = read(name, A)

    assert (line.number, line.content) == (1, b"")
    assert line.fault is not None
    assert line.fault.startswith("not a gzip stream: ")


def test_a_gzip_stream_with_a_wrong_checksum_is_a_fault() -> None:
    packed = bytearray(gzip.compress(A + b"\n" + B + b"\n"))
    packed[-8] ^= 1

    first, second, rest = read("5.ndjson.gz", bytes(packed))

    assert [first, second] == [Line(1, A, None), Line(2, B, None)]
    assert rest.fault is not None
    assert "CRC" in rest.fault


def test_garbage_after_a_gzip_stream_is_a_fault() -> None:
    first, rest = read("5.ndjson.gz", gzip.compress(A + b"\n") + b"garbage")

    assert first == Line(1, A, None)
    assert rest.fault is not None
    assert rest.fault.startswith("not a gzip stream: ")


@pytest.mark.parametrize("at", range(10, 40, 3))
def test_a_damaged_gzip_stream_raises_nothing(at: int) -> None:
    packed = bytearray(gzip.compress(A + b"\n" + B + b"\n"))
    packed[at] ^= 0xFF

    assert any(line.fault for line in read("5.ndjson.gz", bytes(packed)))


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("times", [1, 10])
def test_a_line_too_long_is_a_fault_and_the_lines_around_it_are_read(times: int) -> None:
    content = b"\n".join([A, LONG * times, B, LONG, C])
    for name, body in {"5.ndjson": content, "5.ndjson.gz": gzip.compress(content)}.items():
        found = read(name, body)

        assert [line.number for line in found] == [1, 2, 3, 4, 5]
        assert [line.content for line in found] == [A, LONG[:KEPT], B, LONG[:KEPT], C]
        assert [bool(line.fault) for line in found] == [False, True, False, True, False]


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("name", ["5.json", "5.ndjson"])
def test_a_line_is_too_long_from_the_first_byte_above_the_bound(name: str) -> None:
    for end in ["", "\n" * (name == "5.ndjson")]:
        (fits,) = read(name, b"x" * (MAX - len(end)) + end.encode())
        (too_long,) = read(name, b"x" * (MAX + 1) + end.encode())

        assert fits.fault is None
        assert too_long.fault is not None
        assert too_long.content == b"x" * KEPT


@pytest.mark.usefixtures("short_lines")
def test_a_line_too_long_in_a_stream_that_breaks_off_is_one_line() -> None:
    cut = gzip.compress(A + b"\n" + LONG)[:-8]

    assert [line.number for line in read("5.ndjson.gz", cut)] == [1, 2]


@pytest.mark.usefixtures("short_lines")
@given(st.lists(st.integers(0, 2 * MAX).map(b"x".__mul__)), st.integers(1, 200))
def test_which_lines_are_too_long_does_not_depend_on_the_pieces_that_are_read(
    monkeypatch: pytest.MonkeyPatch, contents: list[bytes], chunk: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        found = read("5.ndjson", b"\n".join([A, *contents, B]))

    too_long = [number for number, content in enumerate(contents, 2) if len(content) > MAX]
    assert [line.number for line in found if line.fault] == too_long
    assert (found[0], found[-1]) == (Line(1, A, None), Line(len(contents) + 2, B, None))
