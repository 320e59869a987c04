"""A connection that is not waited for forever: the server itself bounds no request's head."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

SECONDS_TO_ASK: Final = 20.0
"""How long a connection may be open, or kept open, without a whole head of a request."""


class Connection(H11Protocol):
    """Closes itself where no request comes."""

    _asked: RequestResponseCycle | None = None
    """The request that was seen at the last look."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look, now and then, whether anything is asked."""
        super().connection_made(transport)
        self.loop.call_later(SECONDS_TO_ASK, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering and self.cycle is self._asked:
            self.transport.close()
            return
        self._asked = self.cycle
        self.loop.call_later(SECONDS_TO_ASK, self._look)
