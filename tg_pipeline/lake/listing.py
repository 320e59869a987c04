"""What a store holds, page by page: a listing that is cut off goes on where it was."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from tg_pipeline.lake.again import again
from tg_pipeline.lake.refusals import one_sentence

if TYPE_CHECKING:
    from obstore import ObjectMeta

PAGE: Final = 1_000
"""Objects a page: as many as S3 gives at once."""


def pages(store: ObjectStore, prefix: str) -> Iterator["Sequence[ObjectMeta]"]:
    """Give all objects under a prefix in pages, a bucket's in the order of their keys.

    Raises StoreError, or what a disk raises.
    """
    listing = _Listing(store, prefix)
    with one_sentence(store):
        while (page := again(listing.next_page)) is not None:
            yield page


def folders(store: ObjectStore, prefix: str) -> list[str]:
    """Give the folders right under a prefix; raises StoreError, or what a disk raises."""
    with one_sentence(store):
        found = again(lambda: obstore.list_with_delimiter(store, prefix))
    return [str(folder) for folder in found["common_prefixes"]]


class _Listing:
    """A listing that can be asked again for the page at which it failed."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store, self._prefix = store, prefix
        self._last: str | None = None
        self._stream = self._begin()

    def next_page(self) -> "Sequence[ObjectMeta] | None":
        try:
            page = next(self._stream, None)
        except BaseError:
            self._stream = self._begin()
            raise
        self._last = page[-1]["path"] if page else self._last
        return page

    def _begin(self) -> "Iterator[Sequence[ObjectMeta]]":
        return obstore.list(self._store, self._prefix, offset=self._last, chunk_size=PAGE)
