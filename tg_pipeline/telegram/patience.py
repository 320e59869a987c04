"""Waits out a 429, as long as whoever waits has the time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tg_pipeline.telegram.errors import TooManyRequestsError

LONGEST_WAIT: Final = 30.0
"""Seconds that a person waits in all before they are told instead."""

TRIES: Final = 3

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait, and how to say so."""

    sleep: Callable[[float], None]
    say: Callable[[str], None]
    longest: float = LONGEST_WAIT
    """Seconds in all."""

    def with_call(self, call: Callable[[], _Result]) -> _Result:
        """Call, and again when Telegram asks to wait; raises what the last try raises."""
        patience = self.longest
        for _ in range(TRIES - 1):
            try:
                return call()
            except TooManyRequestsError as error:
                if error.retry_after > patience:
                    raise
                patience -= error.retry_after
                self.say(f"{error} Waiting.")
                self.sleep(error.retry_after)
        return call()
