"""Many small objects of a bucket at once: a door lands an update an object.

With obstore each is a wait of its own between threads. libcurl keeps many requests under way from
one thread, which takes half the CPU. What does not come at its first try is left to obstore, which
tries again, and tells what a bucket refuses.
"""

import io
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import certifi
import obstore
import pycurl
from obstore.exceptions import BaseError
from obstore.store import S3Store

CONNECTIONS: Final = 16
"""Requests under way for a thread: a bucket answers one in some 20 ms, however fast we ask."""

SIGNED_FOR: Final = timedelta(minutes=5)
"""How long a signed address may be used; it is by then, or its request has been given up."""

CONNECT_SECONDS: Final = 5
SECONDS: Final = 30
"""For a whole answer, as for a try of obstore's."""

LOOK_SECONDS: Final = 1.0
"""How long a wait for sockets may last until it is looked at again."""

OK: Final = 200


def fetch_small(store: S3Store, keys: Sequence[str]) -> dict[str, bytes]:
    """Give the bodies of those objects that come at the first try, by their keys.

    The addresses are signed, so they must not be shown.
    """
    try:
        addresses = obstore.sign(store, "GET", keys, SIGNED_FOR)
    except BaseError:
        return {}
    return _client().fetch(zip(keys, addresses, strict=True))


class _Client:
    """A thread's connections, kept from one call to the next."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._idle = [_connection() for _ in range(CONNECTIONS)]
        self._asked: dict[pycurl.Curl, tuple[str, io.BytesIO]] = {}

    def fetch(self, wanted: Iterable[tuple[str, str]]) -> dict[str, bytes]:
        """Give the bodies that came whole, by their keys; `wanted` are keys and addresses."""
        waiting, found = iter(wanted), dict[str, bytes]()
        try:
            while self._ask(waiting):
                self._multi.perform()
                if not self._take(found):
                    self._multi.select(LOOK_SECONDS)
        finally:
            for curl in list(self._asked):
                self._release(curl)
        return found

    def _ask(self, waiting: Iterator[tuple[str, str]]) -> bool:
        """Begin as many requests as there are connections; say whether any is under way."""
        while self._idle and (asked := next(waiting, None)):
            curl, body = self._idle.pop(), io.BytesIO()
            curl.setopt(pycurl.URL, asked[1])
            curl.setopt(pycurl.WRITEDATA, body)
            self._asked[curl] = asked[0], body
            self._multi.add_handle(curl)
        return bool(self._asked)

    def _take(self, found: dict[str, bytes]) -> bool:
        """Take the answers that are there; say whether there were any."""
        _, whole, failed = self._multi.info_read(CONNECTIONS)
        for curl in whole:
            key, body = self._asked[curl]
            if curl.getinfo(pycurl.RESPONSE_CODE) == OK:
                found[key] = body.getvalue()
        for curl in (*whole, *(each[0] for each in failed)):
            self._release(curl)
        return bool(whole or failed)

    def _release(self, curl: pycurl.Curl) -> None:
        self._multi.remove_handle(curl)
        del self._asked[curl]
        self._idle.append(curl)


def _connection() -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.NOSIGNAL, 1)  # signals are for the main thread
    curl.setopt(pycurl.CAINFO, certifi.where())
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
    curl.setopt(pycurl.TIMEOUT, SECONDS)
    return curl


_OF_THREAD: Final = threading.local()


def _client() -> _Client:
    if not hasattr(_OF_THREAD, "client"):
        _OF_THREAD.client = _Client()
    client: _Client = _OF_THREAD.client
    return client
