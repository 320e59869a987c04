"""Distinct secrets, and a search for them, also if compressed, encoded or in a database."""

import base64
import gzip
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

SECRETS: Final = {
    "the token's half": "AAE-the_secret_half_of_a_bots_token",
    "the webhook's secret": "shown-to-the-webhook-by-telegram",
    "the secret of the bot's webhook": "shown-to-the-bot-by-the-webhook",
    "the path of the bot's webhook": "AAF-the_secret_half_in_a_bots_path",
    "the Bot API's password": "password-of-a-bot-api-of-ones-own",
    "the key to the buckets": "key-that-opens-the-buckets-in-aws",
}
HALF, WEBHOOK_SECRET, BOT_SECRET, IN_PATH, PASSWORD, BUCKET_KEY = SECRETS.values()

TOKEN: Final = f"7000000001:{HALF}"
NO_BOT: Final = f"http://127.0.0.1:9/7000000001:{IN_PATH}"
"""The webhook of a bot that is down."""

SQLITE: Final = b"SQLite format 3\0"


def secret_settings(api_url: str) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api_url.replace("://", f"://operator:{PASSWORD}@"),
        "TELEGRAM_SECRET_TOKEN": WEBHOOK_SECRET,
        "FORWARD_URL": NO_BOT,
        "FORWARD_SECRET_TOKEN": BOT_SECRET,
        "AWS_SECRET_ACCESS_KEY": BUCKET_KEY,
    }


class Text(NamedTuple):
    place: str
    content: bytes


def secrets_in(texts: Iterable[Text]) -> list[str]:
    return [
        f"{name}: {text.place}"
        for text in texts
        for name, secret in SECRETS.items()
        if holds(text.content, secret)
    ]


def holds(content: bytes, words: str) -> bool:
    lower = content.lower()
    return words.lower().encode() in lower or any(each in content for each in _in_base64(words))


def files_below(folder: Path) -> Iterator[Text]:
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # what runs may take its files away
            if path.is_file():
                yield from _file(path)


def _file(path: Path) -> Iterator[Text]:
    content = path.read_bytes()
    yield Text(str(path), content)
    yield Text(f"{path} unpacked", unpacked(content))
    if content.startswith(SQLITE):
        # A long value is torn into pages, and one may be compressed.
        yield Text(f"{path} value by value", b"\n".join(map(unpacked, _values(path))))


def _values(database: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own name
                yield from (_bytes(value) for value in row)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def unpacked(content: bytes) -> bytes:
    for unpack in (zlib.decompress, gzip.decompress):
        with suppress(zlib.error, OSError, EOFError):
            return unpack(content)
    return content


def _in_base64(words: str) -> list[bytes]:
    """Return the middle of the words in base64, for each of the three alignments."""
    texts = (base64.b64encode(b"\0" * shift + words.encode()) for shift in range(3))
    return [text[4:-4] for text in texts]
