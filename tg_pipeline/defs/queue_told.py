"""What a turn at the events queue tells: Dagster, and the log."""

import logging
from typing import Final

import dagster as dg

from tg_pipeline.defs.queue_turn import Turn
from tg_pipeline.logs import log_fields

LOGGER: Final = logging.getLogger("tg_pipeline.events")


def log_turn(sensor: str, turn: Turn) -> None:
    """Log a turn that did something; most find an empty queue."""
    asked = [each.run_key or " to ".join(each.tags.values()) for each in turn.decision.requests]
    if not turn.drained.received and not asked:
        return
    LOGGER.info(
        "%d messages taken, %d runs asked for",
        turn.drained.received,
        len(asked),
        extra=log_fields(
            sensor=sensor,
            taken=turn.drained.received,
            kept=len(turn.drained.pending),
            set_aside=turn.unreadable,
            asked=asked,
        ),
    )


def result_of(turn: Turn, *, is_busy: bool) -> dg.SensorResult:
    """Give what Dagster is to do and to remember."""
    decision = turn.decision
    cursor = decision.memory.as_cursor()
    if decision.requests:
        return dg.SensorResult(run_requests=decision.requests, cursor=cursor)
    return dg.SensorResult(skip_reason=_told(turn, is_busy=is_busy), cursor=cursor)


def _told(turn: Turn, *, is_busy: bool) -> str:
    """Say what a turn did that asks for nothing."""
    received, kept = turn.drained.received, len(turn.drained.pending)
    told = [f"{received} messages taken, {kept} of them still needed."]
    if turn.decision.look:
        told.append(turn.decision.look.skip_reason or "")
    elif since := turn.decision.memory.since:
        told.append(
            "The tables are looked at once no run is under way."
            if is_busy
            else f"The tables are looked at five minutes after {since:%H:%M:%S} UTC."
        )
    return " ".join([*told, *(f"Set aside: {each}" for each in turn.unreadable)])
