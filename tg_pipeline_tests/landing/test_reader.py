"""Landed objects as batches of lines: split, decompressed, in order, with bounded memory."""

import gzip
import io
from collections.abc import Callable
from random import Random
from typing import Any

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.landing import reader as landing_reader
from tg_pipeline.landing.reader import (
    LANDED_LINES,
    Line,
    is_readable_name,
    read_lines,
)
from tg_pipeline.landing.zone import list_objects
from tg_pipeline_tests.stores import DAY, FOLDER, batches, put, rows

A, B, C = b'{"update_id": 1}', b'{"update_id": 2}', b'{"update_id": 3}'
MAX, KEPT = 40, 16
LONG = b'{"update_id": 4, "text": "' + b"x" * MAX + b'"}'
ENDS_EARLY = "the gzip stream ends early"


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_reader, "MAX_LINE_BYTES", MAX)
    monkeypatch.setattr(landing_reader, "KEPT_BYTES", KEPT)
    monkeypatch.setattr(landing_reader, "CHUNK_BYTES", 8)


def read(name: str, content: bytes) -> list[Line]:
    return list(read_lines(name, io.BytesIO(content)))


def good(*contents: bytes) -> list[Line]:
    return [Line(number, content, None) for number, content in enumerate(contents, 1)]


def noise(lines: int, longest: int) -> bytes:
    random = Random(1)  # noqa: S311 - no secret
    texts = (random.randbytes(random.randrange(1, longest)).hex() for _ in range(lines))
    return "\n".join(texts).encode()


def test_names_of_json_and_ndjson_are_readable() -> None:
    names = ["5.json", "5.ndjson", "a/5.json.gz", "5.ndjson.gz"]
    others = ["5.txt", "5", "5.json.zip", "5.gz", "5.json/a"]

    assert [name for name in [*names, *others] if is_readable_name(name)] == names


def test_a_json_object_is_one_line_however_it_is_formatted() -> None:
    pretty = b'{\n  "update_id": 1\r\n}\n'

    assert read("5.json", pretty) == read("5.json.gz", gzip.compress(pretty)) == good(pretty)


@pytest.mark.parametrize("content", [b"%s\n%s\n%s\n", b"%s\r\n%s\r\n%s"], ids=["LF", "CRLF"])
def test_an_ndjson_object_has_a_line_for_each_update(content: bytes) -> None:
    assert read("5.ndjson", content % (A, B, C)) == good(A, B, C)


def test_concatenated_gzip_members_are_one_stream() -> None:
    members = gzip.compress(A + b"\n" + B[:4]) + gzip.compress(B[4:] + b"\n") + gzip.compress(C)

    assert read("5.ndjson.gz", members) == good(A, B, C)
    assert read("5.ndjson.gz", members + bytes(512)) == good(A, B, C)


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n \n"], ids=repr)
@pytest.mark.parametrize("name", ["5.json", "5.ndjson"])
def test_an_empty_object_is_one_line_with_a_fault(name: str, content: bytes) -> None:
    empty = [Line(0, b"", "the object is empty")]

    assert read(name, content) == read(f"{name}.gz", gzip.compress(content)) == empty
    assert read(f"{name}.gz", b"") == empty


@pytest.mark.usefixtures("short_lines")
@settings(max_examples=50)
@given(
    pieces=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r", b" ", A, LONG]) | st.binary()),
    chunk=st.integers(1, 2 * MAX),
    members=st.integers(1, 3),
    cut=st.integers(0, 30),
)
def test_the_lines_do_not_depend_on_the_size_of_the_reads(
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
        patch.setattr(landing_reader, "CHUNK_BYTES", chunk)
        in_pieces = {name: read(name, body) for name, body in objects.items()}

    assert in_pieces == at_once
    assert at_once["5.ndjson.gz"] == at_once["5.ndjson"]
    numbers = [line.number for line in at_once["6.ndjson.gz"]]
    assert numbers == sorted(set(numbers))


def naive_lines(content: bytes) -> list[Line]:
    lines = [
        Line(number, line.removesuffix(b"\r"), None)
        if len(line) <= MAX
        else Line(number, line[:KEPT], "longer than 0 MiB: the first 0 KiB are kept here")
        for number, line in enumerate(content.split(b"\n"), 1)
    ]
    return [line for line in lines if line.content.strip() or line.fault] or [
        Line(0, b"", "the object is empty")
    ]


@pytest.mark.usefixtures("short_lines")
@given(
    pieces=st.lists(st.sampled_from([b"\n", b"\r\n", b" ", A, b"x" * MAX, LONG]) | st.binary()),
    chunk=st.integers(1, 2 * MAX),
)
def test_the_lines_are_those_of_a_plain_split(
    monkeypatch: pytest.MonkeyPatch, pieces: list[bytes], chunk: int
) -> None:
    content = b"".join(pieces)

    with monkeypatch.context() as patch:
        patch.setattr(landing_reader, "CHUNK_BYTES", chunk)
        found = read("5.ndjson", content)

    assert found == naive_lines(content)


@pytest.mark.parametrize("name", ["5.json", "5.ndjson"])
def test_a_long_line_is_not_copied_again_with_each_read(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # With a copy for each of the 131,072 reads, this would take minutes.
    monkeypatch.setattr(landing_reader, "CHUNK_BYTES", 64)
    content = b"x" * (8 * 1024 * 1024)

    assert read(name, content) == good(content)


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("5.ndjson.gz", A + b"\n", [A, b""]),
        ("5.ndjson.gz", A + b"\n" + B, [A, B]),
        ("5.ndjson.gz", A + b"\n" + LONG, [A, LONG]),
        ("5.json.gz", A, [A]),
    ],
    ids=["between lines", "in a line", "in a long line", "json"],
)
def test_the_lines_before_the_early_end_of_a_gzip_stream_are_read(
    name: str, content: bytes, lines: list[bytes]
) -> None:
    *before, last = read(name, gzip.compress(content)[:-8])

    assert [*before, last] == [*good(*lines[:-1]), Line(len(lines), lines[-1], ENDS_EARLY)]


@pytest.mark.parametrize("name", ["5.json.gz", "5.ndjson.gz"])
def test_an_object_that_is_not_gzip_is_one_line_with_a_fault(name: str) -> None:
    (line,) = read(name, A)

    assert (line.number, line.content) == (1, b"")
    assert str(line.fault).startswith("not a gzip stream: ")


def test_damage_after_the_lines_of_a_gzip_stream_is_a_fault() -> None:
    packed = gzip.compress(A + b"\n" + B + b"\n")
    wrong_checksum = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]

    for damaged, fault in ((wrong_checksum, "CRC"), (packed + b"garbage", "not a gzip stream: ")):
        first, second, rest = read("5.ndjson.gz", damaged)

        assert [first, second] == good(A, B)
        assert fault in str(rest.fault)


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_line_that_is_too_long_is_a_fault_and_the_others_are_read(
    pack: Callable[[bytes], bytes],
) -> None:
    content = pack(b"\n".join([A, LONG * 10, B, LONG, C]))

    found = read("5.ndjson" if pack is bytes else "5.ndjson.gz", content)

    assert [line.number for line in found] == [1, 2, 3, 4, 5]
    assert [line.content for line in found] == [A, LONG[:KEPT], B, LONG[:KEPT], C]
    assert [bool(line.fault) for line in found] == [False, True, False, True, False]


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize(("name", "end"), [("5.json", b""), ("5.ndjson", b""), ("5.ndjson", b"\n")])
def test_a_line_may_have_exactly_the_maximum_length(name: str, end: bytes) -> None:
    (fits,) = read(name, b"x" * (MAX - len(end)) + end)
    (too_long,) = read(name, b"x" * (MAX + 1) + end)

    assert fits.fault is None
    assert too_long.fault
    assert too_long.content == b"x" * KEPT


def test_lines_are_in_the_order_of_objects_and_numbers(landing: ObjectStore) -> None:
    put(landing, c__json=b"{}", a__ndjson=b"1\n\n3", b__ndjson__gz=gzip.compress(b"1\n2\n"))

    found = [(row["object_key"].removeprefix(f"{FOLDER}/"), row["line"]) for row in rows(landing)]
    assert found == [
        *(("a.ndjson", 1), ("a.ndjson", 3)),
        *(("b.ndjson.gz", 1), ("b.ndjson.gz", 2)),
        ("c.json", 1),
    ]


def test_a_line_has_its_bot_object_and_arrival_time(landing: ObjectStore) -> None:
    put(landing, **{"7_5__json": A, "20240802183859123456__json": b"{}"})

    older, newer = rows(landing)

    assert (older["bot_id"], newer["bot_id"]) == (42, 7)
    assert newer == {
        "bot_id": 7,
        "received_at": list_objects(landing, DAY)["last_modified"][1].as_py(),
        "object_key": f"{FOLDER}/7-5.json",
        "line": 1,
        "content": A,
        "fault": None,
    }


def test_an_object_is_read_by_its_own_name_however_the_store_spells_it(
    landing: ObjectStore,
) -> None:
    for name in ("42-1.json", "a b.json", "ção.json", "50%.json", "%61.json", "a.json"):
        put_if_absent(landing, f"{FOLDER}/{name}", name.encode())

    found = rows(landing)

    assert len(found) == 6
    for row in found:
        assert row["object_key"] == f"{FOLDER}/{row['content'].decode()}"


def test_an_object_with_an_unreadable_name_is_one_line_with_a_fault(landing: ObjectStore) -> None:
    put(landing, a__txt=b"{}\n{}", b__json=b"{}")

    first, second = rows(landing)

    assert (first["line"], first["content"]) == (0, b"")
    assert first["fault"] == "the name is no .json or .ndjson"
    assert second["fault"] is None


def test_a_batch_has_a_maximum_of_rows_and_bytes(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_reader, "BATCH_ROWS", 4)
    monkeypatch.setattr(landing_reader, "BATCH_BYTES", 100)
    sizes = [60, 60, 10, 300, 10, 99, 1, 100, 1, 2, 3, 4, 5]
    put(landing, **{f"{place:02}__json": b"x" * size for place, size in enumerate(sizes)})

    found = batches(landing)

    assert [[len(line.as_py()) for line in batch["content"]] for batch in found] == [
        *([60, 60], [10, 300], [10, 99], [1, 100]),
        *([1, 2, 3, 4], [5]),
    ]
    assert all(batch.schema.equals(LANDED_LINES) for batch in found)


def test_a_large_object_exceeds_a_batch_by_at_most_one_read(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_reader, "CHUNK_BYTES", 20)
    monkeypatch.setattr(landing_reader, "BATCH_ROWS", 5)
    put(landing, a__ndjson=b"123\n" * 1_000, b__ndjson__gz=gzip.compress(b"123\n" * 1_000))

    sizes = [batch.num_rows for batch in batches(landing)]

    assert sum(sizes) == 2_000
    assert max(sizes) < 5 + 20 // 4


@pytest.mark.parametrize("fetch_bytes", [1, 50, 1_000, 100_000])
def test_ranges_of_a_large_object_have_the_same_lines(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch, fetch_bytes: int
) -> None:
    content = noise(lines=40, longest=60)
    put(landing, a__ndjson=content, b__ndjson__gz=gzip.compress(content), c__json=content)
    put(landing, d__ndjson__gz=gzip.compress(content)[:-100], e__txt=content, f__json=b"{}")
    whole = rows(landing)

    monkeypatch.setattr(landing_reader, "FETCH_BYTES", fetch_bytes)

    assert rows(landing) == whole


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_large_object_is_fetched_in_few_requests(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    body, fetch_bytes = pack(noise(lines=400, longest=1_000)), 25_600
    name = "a.ndjson" if pack is bytes else "a.ndjson.gz"
    put_if_absent(landing, f"{FOLDER}/{name}", body)
    requested: list[int] = []
    get = obstore.get

    def counted(store: ObjectStore, path: str, *, options: Any) -> "obstore.GetResult":
        found = get(store, path, options=options)
        requested.append(found.range[1] - found.range[0])
        return found

    monkeypatch.setattr(obstore, "get", counted)
    monkeypatch.setattr(landing_reader, "FETCH_BYTES", fetch_bytes)

    assert len(rows(landing)) == 400
    assert sum(requested) == len(body)
    assert len(requested) <= len(body) // fetch_bytes + 2
