"""The lake's objects as files for DuckDB, wherever they are, without DuckDB's S3 extension.

DuckDB asks an fsspec filesystem for names, sizes and ranges of bytes:
https://duckdb.org/docs/stable/guides/python/filesystems
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import obstore
from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
from obstore.store import ObjectStore

from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_io import RangedObject
from tg_pipeline.storage.object_store import list_pages

PROTOCOL: Final = "lake"
"""The scheme of the files' URIs: `lake://<key>`."""

STAR: Final = "*"
"""The wildcard for the day in a pattern of keys."""


class LakeFiles(AbstractFileSystem):  # type: ignore[misc]
    """A read-only filesystem of a lake's objects."""

    protocol = PROTOCOL
    cachable = False

    def __init__(
        self,
        store: ObjectStore,
        patterns: Iterable[str] | None = None,
        own: Mapping[str, bytes] | None = None,
    ) -> None:
        """Read from `store`; if patterns of keys are given, only the objects that match one.

        `own` are further files, by their keys, which are in no store.
        """
        super().__init__()
        self.store = store
        self._own = own or {}
        self._patterns = None if patterns is None else tuple(patterns)
        self.failure: Exception | None = None
        """The last error of the store: DuckDB's own error repeats only a stack trace of it."""

        self._listed: dict[str, dict[str, Any]] = {}

    @contextmanager
    def record_failure(self) -> Iterator[None]:
        """Keep an error as `failure`, except that an object does not exist."""
        try:
            with translate_errors(self.store):
                yield
        except FileNotFoundError:
            raise
        except Exception as error:
            self.failure = error
            raise

    def glob(self, path: str, **_options: object) -> list[str]:
        """Return the keys that match a pattern with at most one star, ascending.

        Their sizes and versions are kept, so that a query reads the objects that it found, without
        further requests.
        """
        pattern = self._strip_protocol(path)
        if pattern in self._own:
            return [pattern]
        before, _, after = pattern.partition(STAR)
        folder = before.rpartition("/")[0]
        if STAR in pattern and not self._may_read(pattern):
            return []
        with self.record_failure():
            self._check(pattern)
            found = {
                meta["path"]: _info(meta)
                for page in list_pages(self.store, folder)
                for meta in page
                if _matches(meta["path"], before, after)
            }
        self._listed |= found
        return sorted(found)

    def info(self, path: str, **_options: object) -> dict[str, Any]:
        """Return an object's name, size and version; raises FileNotFoundError."""
        key = self._strip_protocol(path)
        if key in self._own:
            return _own_info(key, len(self._own[key]))
        with self.record_failure():
            self._check(key)
            return self._listed.get(key) or _info(obstore.head(self.store, key))

    def modified(self, path: str) -> datetime:
        """Return when an object was written."""
        written: datetime = self.info(path)["modified"]
        return written

    def _open(self, path: str, mode: str = "rb", **_options: object) -> "LakeFile | io.BytesIO":
        with self.record_failure():
            if mode != "rb":
                raise PermissionError(f"{PROTOCOL}://{path} is read-only.")
        if path in self._own:
            return io.BytesIO(self._own[path])
        return LakeFile(self, self.info(path))

    def _check(self, path: str) -> None:
        if not self._may_read(path):
            raise PermissionError(f"{PROTOCOL}://{path} is not part of a table.")

    def _may_read(self, path: str) -> bool:
        """Return whether a path is one of the patterns, or a key that matches one."""
        if self._patterns is None or path in self._patterns:
            return True
        matches = (_matches(path, *each.split(STAR)) for each in self._patterns)
        return STAR not in path and any(matches)


class LakeFile(RangedObject):
    """An object in the version that was listed."""

    def __init__(self, files: LakeFiles, info: dict[str, Any]) -> None:
        """Read the object that `info` describes."""
        super().__init__(files.store, info["name"], info["size"], info["etag"])
        self._files = files

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes; raises StoreError."""
        with self._files.record_failure():
            return bytes(super().read(count))


def _matches(key: str, before: str, after: str = "") -> bool:
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


def _own_info(key: str, size: int) -> dict[str, Any]:
    since = datetime.fromtimestamp(0, UTC)
    return {"name": key, "size": size, "type": "file", "etag": None, "modified": since}
