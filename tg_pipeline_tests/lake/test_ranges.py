"""An object is read in ranges of one version, whatever the server makes of ranges."""

import re
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import open_store
from tg_pipeline.lake.object_io import AT_ONCE, ReplacedError, copy_object, open_object
from tg_pipeline_tests.lake.aws_answers import REACH
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, reply

CONTENT = bytes(range(256)) * 40
LATELY = {"last_modified": "Wed, 07 Oct 2026 10:00:00 GMT", "etag": '"a"'}


@pytest.fixture
def store(landing: ObjectStore) -> ObjectStore:
    obstore.put(landing, "object", CONTENT)
    return landing


@pytest.mark.parametrize("at_once", [1, 100, len(CONTENT), 1_000_000])
def test_any_part_of_it_is_had(store: ObjectStore, at_once: int) -> None:
    source = open_object(store, "object", at_once)

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


def test_what_is_not_there_is_none(store: ObjectStore, tmp_path: Path) -> None:
    assert open_object(store, "other") is None
    assert copy_object(store, "other", tmp_path / "copy") is False
    assert not (tmp_path / "copy").exists()


def test_a_copy_is_whole(store: ObjectStore, tmp_path: Path) -> None:
    assert copy_object(store, "object", tmp_path / "a" / "copy") is True
    assert (tmp_path / "a" / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("what", ["replaced", "removed"])
def test_what_is_replaced_while_it_is_read_is_an_error(store: ObjectStore, what: str) -> None:
    source = open_object(store, "object", 10)
    assert source
    if what == "removed":
        obstore.delete(store, "object")
    else:
        obstore.put(store, "object", CONTENT[::-1])

    with pytest.raises(ReplacedError, match="object was replaced while it was read: try again"):
        source.read(100)


def test_a_copy_of_what_is_replaced_meanwhile_is_begun_anew(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an object of which the end is fetched, and which is replaced then, once
    old, new = b"old" * AT_ONCE, b"new" * AT_ONCE
    obstore.put(store, "object", old)
    replacements = iter([new])
    get = obstore.get

    def and_replace(*asked: object, **options: object) -> object:
        found = get(*asked, **options)  # type: ignore[arg-type]
        for content in replacements:
            obstore.put(store, "object", content)
        return found

    monkeypatch.setattr(obstore, "get", and_replace)

    # When it is copied
    copy_object(store, "object", tmp_path / "copy")

    # Then the copy is the new one as a whole
    assert (tmp_path / "copy").read_bytes() == new


def ranged(heard: Heard, _: object) -> list[bytes]:
    """Answer as S3 does."""
    size = len(CONTENT)
    first, last = re.findall(r"bytes=(\d*)-(\d*)", heard.headers["range"])[0]
    begin, end = (int(first), int(last) + 1) if first else (max(size - int(last), 0), size)
    content_range = f"bytes {begin}-{end - 1}/{size}"
    return [reply(CONTENT[begin:end], "206 Partial", content_range=content_range, **LATELY)]


def whole(heard: Heard, _: object) -> list[bytes]:
    """Answer as a server does that knows no ranges."""
    if heard.headers.get("range") == "bytes=-1000000":
        return [reply(b"<Error><Code>InvalidRange</Code></Error>", "416 Range Not Satisfiable")]
    return [reply(CONTENT, **LATELY)]


@pytest.mark.parametrize("server", [ranged, whole])
@pytest.mark.parametrize("at_once", [100, 1_000_000])
def test_a_server_without_ranges_will_do(
    monkeypatch: pytest.MonkeyPatch, server: object, at_once: int
) -> None:
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)
    with Bot(server) as bucket:  # type: ignore[arg-type]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        source = open_object(open_store("s3://lake"), "object", at_once)
        assert source
        with source:
            source.seek(7)
            assert source.read(5) == CONTENT[7:12]

    asked = [heard.headers.get("if-match") for heard in bucket.heard]
    assert asked in ([None], [None, None], [None, '"a"'])
