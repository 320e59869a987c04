"""The search for secrets finds them in any encoding."""

import base64
import gzip
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from tg_pipeline_tests.security.search import TOKEN, files_below, secrets_in

LINE = f"POST /bot{TOKEN}/getUpdates".encode()
WRAPPED = {
    "plain": LINE,
    "in capitals": LINE.upper(),
    "in a URL": LINE.replace(b":", b"%3A"),
    "compressed": zlib.compress(LINE),
    "zipped": gzip.compress(LINE),
    "in base64": base64.b64encode(LINE),
    "one byte into base64": base64.b64encode(b"{" + LINE),
    "two bytes into base64": base64.b64encode(b"{{" + LINE),
}


@pytest.mark.parametrize("how", WRAPPED)
def test_a_secret_in_a_file_is_found(tmp_path: Path, how: str) -> None:
    (tmp_path / "file").write_bytes(WRAPPED[how])

    assert any(each.startswith("the token's half") for each in secrets_in(files_below(tmp_path)))


def test_a_compressed_value_in_a_database_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("CREATE TABLE runs (body BLOB)")
        connection.execute("INSERT INTO runs VALUES (?)", [zlib.compress(LINE)])
        connection.commit()

    assert secrets_in(files_below(tmp_path)) == [
        f"the token's half: {tmp_path / 'some.db'} value by value"
    ]
