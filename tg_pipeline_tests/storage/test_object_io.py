"""An object is read in ranges of one version, from servers with and without ranges."""

import re
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import open_store
from tg_pipeline.storage.object_io import TAIL_BYTES, ReplacedError, copy_object, open_object
from tg_pipeline_tests.fakes.s3.errors import S3
from tg_pipeline_tests.lambda_ingest.bot_server import Heard, Reply, reply

CONTENT = bytes(range(256)) * 40
HEADERS = {"last_modified": "Wed, 07 Oct 2026 10:00:00 GMT", "etag": '"a"'}


@pytest.fixture
def store(landing: ObjectStore) -> ObjectStore:
    obstore.put(landing, "object", CONTENT)
    return landing


@pytest.mark.parametrize("tail_bytes", [1, 100, len(CONTENT), 1_000_000])
def test_any_range_can_be_read(store: ObjectStore, tail_bytes: int) -> None:
    source = open_object(store, "object", tail_bytes)

    assert source
    with source:
        assert source.seek(0, 2) == len(CONTENT)
        source.seek(10)
        assert source.read(300) == CONTENT[10:310]
        assert source.tell() == 310
        source.seek(-50, 2)
        assert source.read(1_000) == CONTENT[-50:]
        assert source.read(1) == b""
        source.seek(0)
        assert source.read() == CONTENT


def test_a_copy_is_complete_and_a_missing_object_is_not_copied(
    store: ObjectStore, tmp_path: Path
) -> None:
    assert copy_object(store, "object", tmp_path / "a" / "copy") is True
    assert (tmp_path / "a" / "copy").read_bytes() == CONTENT
    assert open_object(store, "other") is None
    assert copy_object(store, "other", tmp_path / "other") is False
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_reading_an_object_that_was_replaced_or_removed_is_an_error(
    store: ObjectStore, change: str
) -> None:
    source = open_object(store, "object", 10)
    assert source
    if change == "removed":
        obstore.delete(store, "object")
    else:
        obstore.put(store, "object", CONTENT[::-1])

    with pytest.raises(ReplacedError, match="object was replaced while it was being read: try"):
        source.read(100)


def test_a_copy_of_an_object_that_is_replaced_starts_over(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an object that is replaced once, after its tail was fetched
    old, new = b"old" * TAIL_BYTES, b"new" * TAIL_BYTES
    obstore.put(store, "object", old)
    replacements = iter([new])
    get = obstore.get

    def get_and_replace(*args: object, **options: object) -> object:
        found = get(*args, **options)  # type: ignore[arg-type]
        for content in replacements:
            obstore.put(store, "object", content)
        return found

    monkeypatch.setattr(obstore, "get", get_and_replace)

    copy_object(store, "object", tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == new


def with_ranges(heard: Heard, _: object) -> list[bytes]:
    size = len(CONTENT)
    first, last = re.findall(r"bytes=(\d*)-(\d*)", heard.headers["range"])[0]
    begin, end = (int(first), int(last) + 1) if first else (max(size - int(last), 0), size)
    content_range = f"bytes {begin}-{end - 1}/{size}"
    return [reply(CONTENT[begin:end], "206 Partial", content_range=content_range, **HEADERS)]


def without_ranges(heard: Heard, _: object) -> list[bytes]:
    if heard.headers.get("range") == "bytes=-1000000":
        return [reply(b"<Error><Code>InvalidRange</Code></Error>", "416 Range Not Satisfiable")]
    return [reply(CONTENT, **HEADERS)]


@pytest.mark.parametrize("answer", [with_ranges, without_ranges])
@pytest.mark.parametrize("tail_bytes", [100, 1_000_000])
def test_a_server_needs_no_ranges_and_each_range_is_of_the_opened_version(
    s3: S3, answer: Reply, tail_bytes: int
) -> None:
    with s3(answer) as server:
        source = open_object(open_store("s3://lake"), "object", tail_bytes)
        assert source
        with source:
            source.seek(7)
            assert source.read(5) == CONTENT[7:12]

    versions = [heard.headers.get("if-match") for heard in server.heard]
    assert versions in ([None], [None, None], [None, '"a"'])
