"""Each update of an object is a line, whatever the object's form is."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.lake import landing_reader as lines
from tg_pipeline.lake.landing_reader import Block, Line, is_readable_name, read_blocks, read_lines

A, B, C = b'{"update_id": 1}', b'{"update_id": 2}', b'{"update_id": 3}'
EMPTY = [Line(0, b"", "the object is empty")]


def read(name: str, content: bytes) -> list[Line]:
    return list(read_lines(name, io.BytesIO(content)))


def good(*contents: bytes) -> list[Line]:
    return [Line(number, content, None) for number, content in enumerate(contents, 1)]


@pytest.mark.parametrize("name", ["5.json", "5.ndjson", "a/5.json.gz", "5.ndjson.gz"])
def test_the_name_promises_updates(name: str) -> None:
    assert is_readable_name(name)


@pytest.mark.parametrize("name", ["5.txt", "5", "5.json.zip", "5.gz", "5.json.gz.gz", "5.json/a"])
def test_another_name_promises_nothing(name: str) -> None:
    assert not is_readable_name(name)


def test_a_json_object_is_one_line_however_it_is_printed() -> None:
    pretty = b'{\n  "update_id": 1\r\n}\n'

    assert read("5.json", pretty) == good(pretty)
    assert read("5.json.gz", gzip.compress(pretty)) == good(pretty)


@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "open"])
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_an_ndjson_object_has_a_line_for_each_update(line_break: bytes, end: bytes) -> None:
    content = line_break.join([A, B, C]) + end

    assert read("5.ndjson", content) == good(A, B, C)
    assert read("5.ndjson.gz", gzip.compress(content)) == good(A, B, C)


def test_blank_lines_are_no_lines_but_are_counted() -> None:
    content = b"\n" + A + b"\n\r\n \t\n" + B + b"\n\n"

    assert read("5.ndjson", content) == [Line(2, A, None), Line(5, B, None)]


def test_gzip_members_one_after_another_are_one_stream() -> None:
    members = gzip.compress(A + b"\n" + B[:4]) + gzip.compress(B[4:] + b"\n") + gzip.compress(C)

    assert read("5.ndjson.gz", members) == good(A, B, C)
    assert read("5.ndjson.gz", members + bytes(512)) == good(A, B, C)


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n \n"], ids=repr)
@pytest.mark.parametrize("name", ["5.json", "5.ndjson"])
def test_an_object_that_holds_nothing_is_one_faulty_line(name: str, content: bytes) -> None:
    assert read(name, content) == EMPTY
    assert read(f"{name}.gz", gzip.compress(content)) == EMPTY


@pytest.mark.parametrize("name", ["5.json.gz", "5.ndjson.gz"])
def test_a_gzip_object_of_no_bytes_is_empty(name: str) -> None:
    assert read(name, b"") == EMPTY


def test_lines_come_in_blocks_of_what_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "CHUNK", 8)

    blocks = list(read_blocks("5.ndjson", io.BytesIO(b"1\n2\n\n4\n5\n6")))

    assert blocks == [
        Block([1, 2, 4], [b"1", b"2", b"4"], None),
        Block([5], [b"5"], None),
        Block([6], [b"6"], None),
    ]


def test_a_fault_is_that_of_the_last_line_of_its_block() -> None:
    *before, last = read_blocks("5.ndjson.gz", io.BytesIO(gzip.compress(A + b"\n" + B)[:-8]))

    assert all(block.fault is None for block in before)
    assert (last.numbers[-1], last.contents[-1]) == (2, B)
    assert last.fault == "the gzip stream ends early"


@given(
    pieces=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r", b" ", A, b"x"]) | st.binary()),
    chunk=st.integers(1, 9),
    members=st.integers(1, 3),
    cut=st.integers(0, 30),
)
def test_the_lines_do_not_depend_on_the_pieces_that_are_read(
    monkeypatch: pytest.MonkeyPatch, pieces: list[bytes], chunk: int, members: int, cut: int
) -> None:
    content = b"".join(pieces)
    share = len(content) // members + 1
    packed = b"".join(
        gzip.compress(content[at : at + share]) for at in range(0, len(content), share)
    )
    objects = {
        "5.json": content,
        "5.ndjson": content,
        "5.ndjson.gz": packed,
        "6.ndjson.gz": packed[: max(len(packed) - cut, 0)],
    }
    at_once = {name: read(name, body) for name, body in objects.items()}

    with monkeypatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        in_pieces = {name: read(name, body) for name, body in objects.items()}

    assert in_pieces == at_once
    assert at_once["5.ndjson.gz"] == at_once["5.ndjson"]
    numbers = [line.number for line in at_once["6.ndjson.gz"]]
    assert numbers == sorted(set(numbers))
