"""A store is opened by its URI, and a key is given once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import StoreError, local_folder, open_store, put_if_absent


def body_of(store: ObjectStore, key: str) -> bytes:
    return obstore.get(store, key).bytes().to_bytes()


def error_of(uri: str) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(uri)
    return str(caught.value)


@pytest.mark.parametrize("uri", ["ftp://host/a", "data/landing", "/data", "memory", "", "s4://b"])
def test_another_scheme_is_named_in_one_sentence(uri: str) -> None:
    assert error_of(uri) == f"{uri!r} is no file://, s3:// or memory:// URI."


@pytest.mark.parametrize("uri", ["file:landing", "file://landing", "file://", "file:./landing"])
def test_a_relative_folder_is_refused_with_an_example(uri: str) -> None:
    message = error_of(uri)

    assert message.startswith(f"{uri} can't be opened: ")
    assert "an absolute path, such as file:///" in message


def test_a_relative_folder_is_not_taken_for_one_at_the_root(tmp_path: Path) -> None:
    meant = tmp_path / "landing"

    assert "absolute path" in error_of(f"file://data{meant}")
    assert not meant.exists()


@pytest.mark.parametrize("uri", ["s3://", "s3://[", "file://[x/landing"])
def test_a_uri_that_is_none_is_an_error_in_one_line(uri: str) -> None:
    message = error_of(uri)

    assert uri in message
    assert "\n" not in message


@pytest.mark.parametrize("below", ["", "/landing", "/deep/landing"])
def test_a_folder_that_can_t_be_made_is_an_error_in_one_line(tmp_path: Path, below: str) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file stands here")

    message = error_of(taken.as_uri() + below)

    assert message.startswith(f"{taken.as_uri()}{below} can't be opened: ")
    assert "\n" not in message
    assert taken.read_text() == "a file stands here"


def test_a_missing_folder_is_made_also_with_blanks_and_accents_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "área de trabalho" / "100% #1"

    put_if_absent(open_store(folder.as_uri()), "a/b.json", b"{}")

    assert (folder / "a" / "b.json").read_bytes() == b"{}"
    assert local_folder(folder.as_uri()) == folder


def test_only_a_file_uri_has_a_local_folder() -> None:
    assert local_folder("memory://a") is None
    assert local_folder("s3://bucket/prefix") is None


def test_the_first_bytes_under_a_key_stand(landing: ObjectStore) -> None:
    assert put_if_absent(landing, "telegram/5.json", b"first") is True
    assert put_if_absent(landing, "telegram/5.json", b"second") is False
    assert body_of(landing, "telegram/5.json") == b"first"


def test_of_doors_that_put_at_once_one_wins(landing: ObjectStore) -> None:
    bodies = [b"%d" % number for number in range(32)]

    with ThreadPoolExecutor(8) as doors:
        won = list(doors.map(lambda body: put_if_absent(landing, "telegram/5.json", body), bodies))

    assert won.count(True) == 1
    assert body_of(landing, "telegram/5.json") == bodies[won.index(True)]


def test_what_is_put_in_memory_is_found_again_by_the_same_uri(tmp_path: Path) -> None:
    put_if_absent(open_store(f"memory://{tmp_path}/a"), "5.json", b"{}")

    assert put_if_absent(open_store(f"memory://{tmp_path}/a"), "5.json", b"") is False
    assert put_if_absent(open_store(f"memory://{tmp_path}/b"), "5.json", b"") is True


def test_what_is_put_in_a_folder_is_found_again_by_another_store(tmp_path: Path) -> None:
    put_if_absent(open_store(tmp_path.as_uri()), "5.json", b"{}")

    assert body_of(open_store(tmp_path.as_uri()), "5.json") == b"{}"
