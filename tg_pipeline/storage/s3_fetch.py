"""Fetch many small objects of a bucket at once with libcurl: ingestion lands one per update.

With obstore each request is a separate wait between threads. libcurl has many requests in flight
from one thread, which takes half the CPU. An object whose first request fails is left to obstore,
which retries, and explains what the bucket refuses.
"""

import io
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import certifi
import obstore
import pycurl
from obstore.exceptions import BaseError
from obstore.store import S3Store

from lambda_ingest.arrivals import RECEIVED_AT

CONNECTIONS: Final = 16
"""Requests in flight per thread: a bucket takes some 20 ms for each."""

URL_VALIDITY: Final = timedelta(minutes=5)
"""How long a signed URL is valid: longer than a request waits for a connection."""

CONNECT_TIMEOUT_SECONDS: Final = 5
TIMEOUT_SECONDS: Final = 30
"""For a complete response; the same as for a try of obstore."""

POLL_SECONDS: Final = 1.0
"""The longest wait for a socket before libcurl checks its timeouts again."""

TRIES: Final = 3
"""How often a body is requested whose size is not the listed one."""

OK: Final = 200

_LOCAL: Final = threading.local()

_RECEIVED_AT: Final = re.compile(
    rb"^x-amz-meta-%s: *([^\r\n]*)" % RECEIVED_AT.encode(), re.IGNORECASE | re.MULTILINE
)


class FetchedObject(NamedTuple):
    """An object's body, and its metadata about the arrival, if it has any."""

    body: bytes
    received_at: str | None


def fetch_small(store: S3Store, sizes: Mapping[str, int]) -> dict[str, FetchedObject]:
    """Return the objects whose first request succeeds, by key; `sizes` are their bytes by key.

    A body of another size is requested again: without a Content-Length, the end of the connection
    is taken for the end of the body. The signed URLs are credentials, so they must not be shown.
    """
    try:
        urls = dict(zip(sizes, obstore.sign(store, "GET", list(sizes), URL_VALIDITY), strict=True))
    except BaseError:
        return {}
    found: dict[str, FetchedObject] = {}
    for _ in range(TRIES):
        answers = _thread_client().fetch(urls.items())
        found |= {key: each for key, each in answers.items() if len(each.body) == sizes[key]}
        urls = {key: urls[key] for key in answers if key not in found}
    return found


def _thread_client() -> "_Client":
    """Return this thread's client, whose connections stay open between calls."""
    if not hasattr(_LOCAL, "client"):
        _LOCAL.client = _Client()
    client: _Client = _LOCAL.client
    return client


class _Response(NamedTuple):
    """What a request has received so far."""

    key: str
    headers: io.BytesIO
    body: io.BytesIO

    def read(self) -> FetchedObject:
        header = _RECEIVED_AT.search(self.headers.getvalue())
        received_at = header[1].decode("latin-1").strip() if header else None
        return FetchedObject(self.body.getvalue(), received_at)


class _Client:
    """A pool of connections for one thread."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._idle = [_connection() for _ in range(CONNECTIONS)]
        self._active: dict[pycurl.Curl, _Response] = {}

    def fetch(self, requests: Iterable[tuple[str, str]]) -> dict[str, FetchedObject]:
        """Return the complete objects by key; `requests` are keys and URLs."""
        waiting, found = iter(requests), dict[str, FetchedObject]()
        try:
            while self._start(waiting):
                self._multi.perform()
                if not self._collect(found):
                    self._multi.select(POLL_SECONDS)
        finally:
            for curl in list(self._active):
                self._release(curl)
        return found

    def _start(self, waiting: Iterator[tuple[str, str]]) -> bool:
        """Start a request on each idle connection; return whether any is in flight."""
        while self._idle and (request := next(waiting, None)):
            curl, response = self._idle.pop(), _Response(request[0], io.BytesIO(), io.BytesIO())
            curl.setopt(pycurl.URL, request[1])
            curl.setopt(pycurl.WRITEDATA, response.body)
            curl.setopt(pycurl.HEADERFUNCTION, response.headers.write)
            self._active[curl] = response
            self._multi.add_handle(curl)
        return bool(self._active)

    def _collect(self, found: dict[str, FetchedObject]) -> bool:
        """Add the objects that are complete; return whether any request ended."""
        _, complete, failed = self._multi.info_read(CONNECTIONS)
        for curl in complete:
            if curl.getinfo(pycurl.RESPONSE_CODE) == OK:
                response = self._active[curl]
                found[response.key] = response.read()
        for curl in (*complete, *(failure[0] for failure in failed)):
            self._release(curl)
        return bool(complete or failed)

    def _release(self, curl: pycurl.Curl) -> None:
        self._multi.remove_handle(curl)
        del self._active[curl]
        self._idle.append(curl)


def _connection() -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.NOSIGNAL, 1)  # signals are for the main thread
    curl.setopt(pycurl.CAINFO, certifi.where())
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_TIMEOUT_SECONDS)
    curl.setopt(pycurl.TIMEOUT, TIMEOUT_SECONDS)
    return curl
