"""Parameters of calls are read however they are sent, and however their bytes arrive."""

import asyncio
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.abc import AbstractStreamWriter
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.synthetic.call_params import (
    FORM,
    MAX_TEXT_BYTES,
    MULTIPART,
    BodyReader,
    read_body,
    recordable,
    without_secrets,
)

NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
TEXTS = st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=40), max_size=5)
FILES = st.dictionaries(NAMES.map("file_".__add__), st.binary(max_size=200), max_size=3)


class Collected(AbstractStreamWriter):
    def __init__(self) -> None:
        self.body = b""

    async def write(self, chunk: Any) -> None:
        self.body += bytes(chunk)

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.body += chunk

    async def drain(self) -> None: ...
    def enable_compression(
        self, encoding: str = "deflate", strategy: int | None = None
    ) -> None: ...
    def enable_chunking(self) -> None: ...
    async def write_headers(self, status_line: str, headers: Any) -> None: ...


def encode(texts: dict[str, str], files: dict[str, bytes]) -> tuple[str, bytes]:
    """Return the content type and the body that aiohttp, and so aiogram, makes of a form."""
    form = FormData(quote_fields=False)
    for name, text in texts.items():
        form.add_field(name, text, content_type="text/plain")
    for name, content in files.items():
        form.add_field(name, content, filename=f"{name}.bin")
    payload, collected = form(), Collected()
    asyncio.run(payload.write(collected))
    return str(payload.headers["Content-Type"]), collected.body


@given(TEXTS, FILES, st.integers(1, 50))
def test_a_multipart_form_is_the_same_however_it_is_split(
    texts: dict[str, str], files: dict[str, bytes], size: int
) -> None:
    content_type, body = encode(texts, files | {"always": b"\r\n--"})

    reader = BodyReader(content_type)
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])

    sizes = {name: len(content) for name, content in (files | {"always": b"\r\n--"}).items()}
    assert reader.params() == texts | {
        name: {"file_name": f"{name}.bin", "file_size": length} for name, length in sizes.items()
    }


@given(st.binary(), st.sampled_from([FORM, f"{MULTIPART}; boundary=b", MULTIPART, "", "a/b"]))
def test_any_body_has_parameters_or_none(body: bytes, content_type: str) -> None:
    assert isinstance(read_body(content_type, body), dict)


def test_a_body_that_is_too_long_to_record_has_no_parameters() -> None:
    long = b'{"text": "%b"}' % (b"x" * MAX_TEXT_BYTES)
    assert read_body("application/json", long) == {}


@pytest.mark.parametrize(
    ("method", "params", "kept"),
    [
        ("sendMessage", {"text": "[1]", "entities": "[1]"}, {"text": "[1]", "entities": [1]}),
        ("sendMessage", {"entities": "[1", "n": "[" * 1000}, {"entities": "[1", "n": "[" * 1000}),
        ("sendMessage", {"entities": '{"a":NaN}'}, {"entities": '{"a":NaN}'}),
        ("setWebhook", {"url": "https://u:p@bot.example:8443/s3cret?a"}, {"url": "https://bot.example:8443"}),
        ("setWebhook", {"url": "", "secret_token": "s", "certificate": {}}, {"url": ""}),
        ("sendInvoice", {"provider_token": "s", "title": "{}"}, {"title": "{}"}),
    ],
)  # fmt: skip
def test_what_is_recorded_has_no_secrets_and_parsed_structures(
    method: str, params: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert recordable(method, params) == kept


def test_secrets_and_tokens_are_replaced_wherever_they_are() -> None:
    token = "1234567:AAEabcdefghijklmnopqrstuvwxyz012345"  # noqa: S105 - made up
    found = {"a": [f"x {token} y", "half-of-it"], token: 1, "date": "12:30:00"}

    assert without_secrets(found, ["half-of-it"]) == {
        "a": ["x *** y", "***"],
        "***": 1,
        "date": "12:30:00",
    }
