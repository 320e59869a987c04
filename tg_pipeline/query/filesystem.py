"""The lake's objects as files that DuckDB reads, wherever they are, without its S3 extension.

DuckDB asks an fsspec filesystem for names, sizes and ranges of bytes:
https://duckdb.org/docs/stable/guides/python/filesystems
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import obstore
from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]
from obstore.exceptions import PreconditionError
from obstore.store import ObjectStore

from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.object_store import pages, retry

PROTOCOL: Final = "lake"
"""What the lake's files are called by, in DuckDB: `lake://<key>`."""

STAR: Final = "*"
"""Stands for the day in a pattern of keys."""


class LakeFiles(AbstractFileSystem):  # type: ignore[misc]
    """A lake's objects, for reading."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, store: ObjectStore) -> None:
        """Read from `store`."""
        super().__init__()
        self.store = store
        self.failure: Exception | None = None
        """What went wrong with the store, of which DuckDB tells no more than a stack trace."""

        self._listed: dict[str, dict[str, Any]] = {}

    @contextmanager
    def noting_failures(self) -> Iterator[None]:
        """Remember what goes wrong; that there is no such object is an answer like any other."""
        try:
            with translate_errors(self.store):
                yield
        except FileNotFoundError:
            raise
        except Exception as error:
            self.failure = error
            raise

    def glob(self, path: str, **_options: object) -> list[str]:
        """Give the keys that a pattern with at most one star matches, ascending.

        Their versions are remembered, so that a query reads what it found, at no further request.
        """
        before, _, after = self._strip_protocol(path).partition(STAR)
        folder = before.rpartition("/")[0]
        with self.noting_failures():
            found = {
                meta["path"]: _info(meta)
                for page in pages(self.store, folder)
                for meta in page
                if _matches(meta["path"], before, after)
            }
        self._listed |= found
        return sorted(found)

    def info(self, path: str, **_options: object) -> dict[str, Any]:
        """Give an object's name, size and version; raises FileNotFoundError."""
        key = self._strip_protocol(path)
        with self.noting_failures():
            return self._listed.get(key) or _info(obstore.head(self.store, key))

    def modified(self, path: str) -> datetime:
        """Give when an object was written."""
        written: datetime = self.info(path)["modified"]
        return written

    def _open(self, path: str, mode: str = "rb", **_options: object) -> "LakeFile":
        with self.noting_failures():
            if mode != "rb":
                raise PermissionError(f"{PROTOCOL}://{path} is for reading only.")
        return LakeFile(self, path, cache_type="none")


class LakeFile(AbstractBufferedFile):  # type: ignore[misc]
    """An object as it was found; one that is replaced meanwhile is not read as a mixture."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        wanted: Any = {"range": (start, end), "if_match": self.details["etag"]}
        with self.fs.noting_failures():
            try:
                return bytes(retry(lambda: _bytes(self.fs.store, self.path, wanted)))
            except PreconditionError:
                raise OSError(f"{self.path} was replaced while it was read: ask again.") from None


def _bytes(store: ObjectStore, key: str, options: Any) -> obstore.Bytes:
    return obstore.get(store, key, options=options).bytes()


def _matches(key: str, before: str, after: str) -> bool:
    if not after:
        return key == before
    middle = key[len(before) : -len(after)]
    return key.startswith(before) and key.endswith(after) and "/" not in middle


def _info(meta: Any) -> dict[str, Any]:
    return {
        "name": meta["path"],
        "size": meta["size"],
        "type": "file",
        "etag": meta["e_tag"],
        "modified": meta["last_modified"],
    }
