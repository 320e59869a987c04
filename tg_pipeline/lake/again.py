"""Requests tried again where obstore gives them up at the first trouble.

It tries again by itself what has no answer, or one such as 503, and fetches the rest of an object
whose bytes were cut off. Left are a page of a listing that was cut off, a conditional put without
an answer, and what only a bucket's own words tell to be passing.
"""

import re
import time
from collections.abc import Callable
from typing import Final, TypeVar

from obstore.exceptions import BaseError

PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
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


def again(ask: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Give what `ask` gives, after some more tries if need be; raises what the last one raises."""
    for pause in PAUSES:
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
