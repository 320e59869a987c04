"""Store the updates of a getUpdates response, so that the next offset may confirm them."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError, first_line
from lambda_ingest.writer import LandingWriter
from tg_pipeline.landing.writer import Delivery, LandResult, land_all, land_one
from tg_pipeline.telegram.clock import MAX_CLOCK_ERROR, describe_clock
from tg_pipeline.telegram.polling import NotStoredError

GROUP_SIZE: Final = 8
"""Bodies per task: all puts of a response (up to 100 updates) can run at the same time."""


def check_clock(error: timedelta | None) -> None:
    """Raise NotStoredError if the clock is so wrong that updates would land on wrong days."""
    if error and abs(error) > MAX_CLOCK_ERROR:
        raise NotStoredError(
            f"{describe_clock(error)} Updates would land on wrong days, so none is stored."
        )


def store_durably(
    writer: LandingWriter, uri: str, deliveries: list[Delivery]
) -> Iterator[LandResult]:
    """Land bodies, each as an object of its own; return the results in order, once durable.

    `uri` is that of the landing zone, for the message of the NotStoredError that this raises.
    """
    try:
        yield from _land(writer, deliveries)
    except StoreError as error:
        raise NotStoredError(str(error)) from None
    except (BaseError, OSError) as error:
        raise NotStoredError(f"{uri} can't be written to: {first_line(error)}.") from None


def _land(writer: LandingWriter, deliveries: list[Delivery]) -> Iterable[LandResult]:
    if writer.chats is None and len(deliveries) > 1:
        return land_all(writer, deliveries, GROUP_SIZE)
    # One by one: an update may follow the message that reports its chat's new id.
    return (land_one(writer, each) for each in deliveries)
