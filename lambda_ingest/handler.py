"""The Lambda: one store per container, made when the container starts.

Configured by its environment (see `settings.py`); it refuses to start where that is wrong.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from lambda_ingest.front import open_front

FRONT: Final = open_front(os.environ, sys.stdout, lambda: datetime.now(UTC))

SECONDS_TO_ANSWER: Final = 2.0
"""Kept back from what the runtime leaves, so that it is the door that answers."""


class Context(Protocol):
    """What the runtime tells of an invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the invocation is cut off."""
        ...


def lambda_handler(event: object, context: Context) -> dict[str, Any]:
    """Land what an event holds, and give the answer in the shape that the event asks for."""
    left = context.get_remaining_time_in_millis() / 1000
    return FRONT.handle(event, left - SECONDS_TO_ANSWER)
