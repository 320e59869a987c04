"""A store is opened by its URI, and an object is put durably if its key does not exist."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from lambda_ingest.store import StoreError, local_folder, open_store, put_if_absent
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, always, reply

KEY = "telegram/context_date=2026-10-07/7-5.json"
SHORT_TIMEOUT = timedelta(seconds=1)


def body_of(store: ObjectStore, key: str) -> bytes:
    return obstore.get(store, key).bytes().to_bytes()


# On every kind of store: tg_pipeline_tests/integration/object_stores runs these on buckets too.


def test_the_first_object_under_a_key_is_kept(landing: ObjectStore) -> None:
    assert put_if_absent(landing, "telegram/5.json", b"first") is True
    assert put_if_absent(landing, "telegram/5.json", b"second") is False
    assert body_of(landing, "telegram/5.json") == b"first"


def test_only_one_of_several_concurrent_writers_succeeds(landing: ObjectStore) -> None:
    bodies = [b"%d" % number for number in range(32)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda body: put_if_absent(landing, "telegram/5.json", body), bodies))

    assert won.count(True) == 1
    assert body_of(landing, "telegram/5.json") == bodies[won.index(True)]


def error_of(uri: str) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(uri)
    return str(caught.value)


class TestUri:
    @pytest.mark.parametrize("uri", ["ftp://host/a", "data/landing", "", "s4:/"])
    def test_another_scheme_is_an_error(self, uri: str) -> None:
        assert error_of(uri) == "The URI of a store is not a file://, s3:// or memory:// URI."

    @pytest.mark.parametrize("uri", ["file:landing", "file://landing", "file://"])
    def test_a_relative_folder_is_an_error_with_an_example(self, uri: str) -> None:
        message = error_of(uri)

        assert message.startswith(f"{uri} can't be opened: ")
        assert "an absolute path, such as file:///" in message

    @pytest.mark.parametrize("uri", ["s3://", "file:///dev/null/a"])
    def test_an_invalid_uri_or_folder_is_an_error_in_one_line(self, uri: str) -> None:
        message = error_of(uri)

        assert uri in message
        assert "\n" not in message

    def test_a_missing_folder_is_created_also_with_spaces_and_accents(self, tmp_path: Path) -> None:
        folder = tmp_path / "área de trabalho" / "100% #1"

        put_if_absent(open_store(folder.as_uri()), "a/b.json", b"{}")

        assert (folder / "a" / "b.json").read_bytes() == b"{}"
        assert local_folder(folder.as_uri()) == folder
        assert local_folder("s3://bucket/prefix") is None
        assert body_of(open_store(folder.as_uri()), "a/b.json") == b"{}"

    def test_a_memory_uri_opens_the_same_store_each_time(self, tmp_path: Path) -> None:
        put_if_absent(open_store(f"memory://{tmp_path}/a"), "5.json", b"{}")

        assert put_if_absent(open_store(f"memory://{tmp_path}/a"), "5.json", b"") is False
        assert put_if_absent(open_store(f"memory://{tmp_path}/b"), "5.json", b"") is True


def s3_error(status: str) -> bytes:
    code = "".join(status.split()[1:])
    return reply(f"<Error><Code>{code}</Code></Error>".encode(), status=status)


def put_to(server: Bot, environment: pytest.MonkeyPatch, uri: str = "s3://landing") -> bool:
    environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    return put_if_absent(open_store(uri, SHORT_TIMEOUT), KEY, b"{}")


class TestBucketResponses:
    @pytest.mark.parametrize("prefix", ["", "/updates", "/updates/", "/many/updates"])
    def test_the_put_is_conditional_and_below_the_prefix_of_the_uri(
        self, aws_environment: pytest.MonkeyPatch, prefix: str
    ) -> None:
        with Bot(always(reply(etag='"a"'))) as server:
            assert put_to(server, aws_environment, f"s3://landing{prefix}") is True

        (heard,) = server.heard
        assert heard.start.startswith(f"PUT /landing{prefix.rstrip('/')}/telegram/")
        assert heard.headers["if-none-match"] == "*"
        assert heard.body == b"{}"

    def test_412_means_that_the_object_exists(self, aws_environment: pytest.MonkeyPatch) -> None:
        with Bot(always(s3_error("412 Precondition Failed"))) as server:
            assert put_to(server, aws_environment) is False

    @pytest.mark.parametrize(
        "response",
        [
            *map(
                s3_error,
                [
                    *("403 Forbidden", "404 Not Found", "409 Conditional Request Conflict"),
                    *("501 Not Implemented", "503 Slow Down"),
                ],
            ),
            HANG_UP,
        ],
        ids=lambda each: each.split(b"\r\n")[0].decode() if each else "no response",
    )
    def test_any_other_response_is_an_error_without_secrets(
        self, aws_environment: pytest.MonkeyPatch, response: bytes | None
    ) -> None:
        with Bot(always(response)) as server, pytest.raises((BaseError, OSError)) as caught:
            put_to(server, aws_environment)

        assert "open-sesame" not in str(caught.value)

    def test_a_missing_bucket_is_not_an_empty_one(
        self, aws_environment: pytest.MonkeyPatch
    ) -> None:
        with Bot(always(s3_error("404 Not Found"))) as server:
            aws_environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")

            with pytest.raises((BaseError, OSError), match="NotFound"):
                obstore.list(open_store("s3://landing"), "chats").collect()

    def test_an_overloaded_bucket_is_retried(self, aws_environment: pytest.MonkeyPatch) -> None:
        errors = ["500 Internal Server Error", "503 Slow Down"]
        responses = iter([*([s3_error(each)] for each in errors), [reply(etag='"a"')]])

        with Bot(lambda _, __: next(responses)) as server:
            assert put_to(server, aws_environment) is True

        assert len(server.heard) == 3

    @pytest.mark.parametrize("endpoint", ["closed", "silent"])
    def test_an_endpoint_that_does_not_respond_is_an_error(
        self, aws_environment: pytest.MonkeyPatch, endpoint: str
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
            aws_environment.setenv(
                "AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}"
            )
            if endpoint == "closed":
                server.close()

            put = pool.submit(put_if_absent, open_store("s3://landing", SHORT_TIMEOUT), KEY, b"{}")

            with pytest.raises(BaseError, match="error sending request") as caught:
                put.result(timeout=20)
        assert "open-sesame" not in str(caught.value)
