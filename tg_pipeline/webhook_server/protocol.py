"""`WebhookProtocol`: HTTP on one connection, with bounds for what a stranger can make it do."""

from asyncio import AbstractEventLoop, Task, Transport
from collections.abc import Callable
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

MAX_HEAD_BYTES: Final = 16 * 1024
"""The request line and the headers; Telegram's have less than 1 KB. A head that arrives in pieces
may be twice as large."""


class WebhookProtocol(HttpToolsProtocol):
    """Speaks HTTP, and closes the connection if no request arrives.

    The parser is llhttp: its work is proportional to the bytes, and it closes a connection on which
    the length of a body is ambiguous (https://www.rfc-editor.org/rfc/rfc9112#section-6.1).
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        idle_seconds: float,
        on_lost: Callable[["WebhookProtocol"], None],
        loop: AbstractEventLoop,
    ) -> None:
        """Start without a connection; `on_lost` is called when it is over."""
        super().__init__(config, server_state, app_state={}, _loop=loop)
        self._idle_seconds = idle_seconds
        self._on_lost = on_lost
        self._previous_cycle: RequestResponseCycle | None = None
        """The request that the previous check saw."""
        self.is_open = False
        self.opening: Task[None] | None = None
        """The TLS handshake, or what takes its place without TLS."""
        self._is_in_head = False
        self._head_bytes = 0
        self._is_deaf = False
        """Whether the rest of what the client sends is ignored."""
        self.waiting_since = loop.time()
        """When the connection began to wait for a request."""

    @property
    def is_working(self) -> bool:
        """Whether a complete request is handled: its client waits for the response."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_started

    def abort(self) -> None:
        """Close the connection at once, also if the client does not read."""
        if self.is_open:
            self.transport.abort()
        elif self.opening:
            self.opening.cancel()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start checking for requests."""
        super().connection_made(transport)
        self.is_open = True
        self.loop.call_later(self._idle_seconds, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report that the connection is over."""
        self.is_open = False
        super().connection_lost(exc)
        self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        """Parse data; a head that is too large is a bad request."""
        if self._is_deaf:
            return
        for start in range(0, len(data), MAX_HEAD_BYTES):
            piece = data[start : start + MAX_HEAD_BYTES]
            was_in_head = self._is_in_head
            super().data_received(piece)
            if self._is_deaf or self.transport.is_closing():
                return
            if was_in_head and self._is_in_head:
                self._head_bytes += len(piece)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("The head of the request is too large.")
                return

    def on_message_begin(self) -> None:
        """Start a head; one that is sent before the response to the previous request is an error.

        Its sender need not read any response, so nothing would bound the requests that wait.
        """
        if self._is_responding:
            raise ValueError("a request before the response to the previous one")
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; one after the body, which nobody needs and nothing bounds, is an error."""
        if not self._is_in_head:
            raise ValueError("a header after the body")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start handling the request."""
        self._is_in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Reject what can't be parsed; the response to a request before it is sent nevertheless."""
        self._is_deaf = True
        if self._is_responding:
            self.cycle.keep_alive = False
        else:
            super().send_400_response(msg)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.waiting_since = self.loop.time()
        super().on_response_complete()

    @property
    def _is_responding(self) -> bool:
        """Whether a complete request has no complete response yet."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _close_if_idle(self) -> None:
        if not self.is_open:
            return
        cycle: RequestResponseCycle | None = self.cycle
        # The endpoint limits the time of bodies and of the work; nothing limits that of reading.
        is_receiving = cycle is not None and cycle.more_body and not cycle.response_started
        if cycle is self._previous_cycle and not self.is_working and not is_receiving:
            self.abort()
            return
        self._previous_cycle = cycle
        self.loop.call_later(self._idle_seconds, self._close_if_idle)
