"""What killed processes leave behind, on disk and in a bucket."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

LITTER: Final = re.compile(r"^\.writing-|^tmp|#\d+$|\.incomplete$|^tg-|^duckdb_temp")
"""The names of temporary files and folders, of ours and of the libraries that we use."""

LASTING: Final = re.compile(r"\.lock$")
"""Locks stay: there is one for each Dagster home, and for each landing zone."""

STAGED: Final = ".staged"
"""Its files are removed an hour after their writer was killed: those are no litter yet."""


def find_litter(temporary: Path, *folders: Path) -> list[str]:
    """Return what is left in a temporary folder that only the tested processes use, and in others.

    Of the others, such as a lake, only names that no finished process leaves count.
    """
    left = [str(path) for path in temporary.iterdir() if not LASTING.search(path.name)]
    return sorted([*left, *(path for folder in folders for path in find_leftovers(folder))])


def find_leftovers(folder: Path) -> list[str]:
    """Return the temporary files and folders below a folder, such as a lake or a landing zone."""
    found = (path for path in folder.rglob("*") if LITTER.search(path.name))
    return sorted(str(path) for path in found if STAGED not in path.parts)


def find_uploads(client: Any, buckets: Iterable[str]) -> list[str]:
    """Return the keys of the unfinished uploads in buckets; `client` is boto3's."""
    pages = (client.list_multipart_uploads(Bucket=bucket) for bucket in buckets)
    return sorted(upload["Key"] for page in pages for upload in page.get("Uploads", []))
