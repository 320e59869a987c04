"""Open a store, list it, retry what obstore does not."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from lambda_ingest.store import BATCH_TIMEOUT, open_store
from tg_pipeline.lake.errors import translate_errors

if TYPE_CHECKING:
    from obstore import ObjectMeta


SUFFICIENT: Final = (
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"},
    {"AWS_SKIP_SIGNATURE"},
)
"""Variables that tell obstore all it needs: keys, a container's role, nobody."""


WORKERS: Final = "TOKIO_WORKER_THREADS"
"""The variable that bounds the threads of obstore's runtime, by which it waits for sockets.

With one, nothing is handed from core to core: a small object costs a third less CPU to fetch.
https://docs.rs/tokio/latest/tokio/runtime/struct.Builder.html#method.worker_threads
"""


def open_object_store(uri: str, patience: timedelta = BATCH_TIMEOUT) -> ObjectStore:
    """Open the store at `file:///folder`, `s3://bucket/prefix` or `memory://`; raises StoreError.

    A request to a bucket is tried again while `patience` lasts.
    """
    os.environ.setdefault(WORKERS, "1")
    if not uri.startswith("s3://") or is_sufficient(os.environ):
        return open_store(uri, patience)
    # boto3 takes most of a second to import: only who needs its profiles and roles waits for it.
    from tg_pipeline.aws import beside_environment  # noqa: PLC0415

    return open_store(uri, patience, **beside_environment(uri, os.environ))


def is_sufficient(environment: Mapping[str, str]) -> bool:
    """Say whether the environment names who asks, so that no profile has to be looked at."""
    names = {name for name, value in environment.items() if value}
    return "AWS_PROFILE" not in names and any(each <= names for each in SUFFICIENT)


BACKOFF: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds before each further try."""

SIGNS: Final = (
    "response body error",
    "<Code>RequestTimeout</Code>",
    "<Code>NoSuchUpload</Code>",
    "status code: 409",
)
"""What stands in an error that may pass.

The upload is gone that was finished just before the answer was lost. 409 is another's write to the
same key at the same time: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

UNHEARD: Final = ("kind: Timeout", "kind: Interrupted")
"""What stands in an error of a request that came to nothing on its way."""

_TIMES: Final = re.compile(r"elapsed: ([\d.]+)(s|ms|µs|ns),\s+retry_timeout: ([\d.]+)s,")

Answer = TypeVar("Answer")


def retry(ask: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Give what `ask` gives, after some more tries if need be; raises what the last one raises."""
    for pause in BACKOFF:
        try:
            return ask()
        except (BaseError, FileNotFoundError) as error:
            if not is_given_up(error):
                raise
        sleep(pause)
    return ask()


def is_given_up(error: Exception) -> bool:
    """Say whether an error of obstore's is one that may pass and that it did not try again."""
    text = str(error)
    if any(sign in text for sign in SIGNS):
        return True
    return any(sign in text for sign in UNHEARD) and _has_time_left(text)


def _has_time_left(text: str) -> bool:
    """Say whether a request was given up though there was time for another try."""
    times = _TIMES.search(text)
    if times is None:
        return False
    elapsed, unit, patience = times.groups()
    return unit != "s" or float(elapsed) < float(patience) / 2


PAGE: Final = 1_000
"""Objects a page: as many as S3 gives at once."""


def pages(store: ObjectStore, prefix: str) -> Iterator["Sequence[ObjectMeta]"]:
    """Give all objects under a prefix in pages, a bucket's in the order of their keys.

    Raises StoreError, or what a disk raises.
    """
    listing = _Listing(store, prefix)
    with translate_errors(store):
        while (page := retry(listing.next_page)) is not None:
            yield page


def folders(store: ObjectStore, prefix: str) -> list[str]:
    """Give the folders right under a prefix; raises StoreError, or what a disk raises."""
    with translate_errors(store):
        found = retry(lambda: obstore.list_with_delimiter(store, prefix))
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
