"""The queue sensor: builds the days named by the events queue (EventBridge → SQS).

A tick of the nightly rule requests the day before; an "Object Created" event makes its day a
candidate for the next scan. docs/decisions/0008 explains when a message is deleted.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Final

import dagster as dg
import msgspec
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_LEAD
from lambda_ingest.store import StoreError
from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import (
    SENSOR_TIMEOUT,
    ClockResource,
    LakeResource,
    LandingResource,
)
from tg_pipeline.defs.updates.run_requests import RequestedStates, days_of_unfinished_runs
from tg_pipeline.defs.updates.schedules import nightly_request, nightly_run_key, updates_job
from tg_pipeline.defs.updates.sensors import NIGHTLY_GRACE, KnownDays, StalenessScan, scan
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.events.messages import Event, LandingAddress, ScheduleEvent, read_event
from tg_pipeline.events.queue import DrainLimits, PendingMessage, PollResult, Queue, drain
from tg_pipeline.exceptions import EventsQueueError, UnreadableEventError
from tg_pipeline.logs import log_fields

NAME: Final = "events_sensor"

LOGGER: Final = logging.getLogger("tg_pipeline.events")

RUN_KEY: Final = "dagster/run_key"
"""The tag in which Dagster keeps a run's key."""

RESCAN_DELAY: Final = timedelta(minutes=5)
"""How long messages are collected before a scan: a burst is one run, and a bucket is listed no more
often than without a queue."""

ScanDays = Callable[[frozenset[date], RequestedStates], StalenessScan]
"""Scans the tables, given touched days and the states that were requested before."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How often and how long the queue is polled."""

    interval_seconds: int = 30
    """Seconds between polls; polling an empty queue is one request."""
    rescan_delay: timedelta = RESCAN_DELAY
    drain: DrainLimits = field(default_factory=DrainLimits)


@dataclass(frozen=True, slots=True)
class QueueCursor:
    """The sensor's cursor: what Dagster recorded with the last evaluation.

    It is recorded after the runs that were requested with it. So a message whose day is in a
    recorded cursor is not needed any more.
    """

    days: frozenset[date] = frozenset()
    """Days to scan: named by messages or requested, and not yet seen built."""

    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the first day to scan was added; None if there is none."""

    requested: RequestedStates = field(default_factory=dict)
    """The stale days, with the state that runs were requested for."""

    scanned_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the last scan was made; None before the first."""

    def encode(self) -> str:
        """Return the cursor as text."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, cursor: str | None) -> "QueueCursor":
        """Decode a cursor; one that is missing, damaged or in another format is empty."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()


@dataclass(slots=True)
class MessageFilter:
    """Parses messages, drops those that are not needed, and keeps unreadable ones in the lake."""

    landing: LandingAddress
    lake: ObjectStore
    skip: frozenset[date]
    """Days in the recorded cursor: messages about their objects are not needed."""
    today: date
    rejected: list[str] = field(default_factory=list)
    """For each unreadable message, the reason and the key it is kept under."""

    def __call__(self, body: str) -> Event | None:
        """Return the event of a message that is still needed, None for any other message."""
        try:
            event = read_event(body, self.landing, SETTINGS.zone)
            return event if event and self._is_needed(event) else None
        except UnreadableEventError as error:
            key = dead_letter(self.lake, body, str(error))
            self.rejected.append(f"{error} It is kept as {key}.")
            return None

    def _is_needed(self, event: Event) -> bool:
        if isinstance(event, ScheduleEvent):
            if event.day >= self.today:
                raise UnreadableEventError(f"The tick asks for {event.day}, which is not over.")
            return event.day >= SETTINGS.start_date
        is_partition = SETTINGS.start_date <= event.day <= self.today + MAX_LEAD
        return is_partition and event.day not in self.skip


@dataclass(frozen=True, slots=True)
class TickContext:
    """Everything a poll needs besides the queue and the cursor."""

    now: datetime
    address: LandingAddress
    lake: ObjectStore
    """Where unreadable messages are kept."""
    scan: ScanDays
    is_requested: Callable[[date], bool]
    """Whether Dagster's history has the nightly run of a day."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from the messages."""

    cursor: QueueCursor
    requests: list[dg.RunRequest] = field(default_factory=list)
    completed: list[PendingMessage] = field(default_factory=list)
    """Messages whose run is recorded, or whose day is built."""
    scan: StalenessScan | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of one poll."""

    decision: Decision
    drained: PollResult
    rejected: list[str]


def events_sensor(open_queue: Callable[[], Queue], limits: QueueLimits) -> dg.SensorDefinition:
    """Build the sensor that polls a queue."""

    @dg.sensor(
        name=NAME,
        job=updates_job,
        minimum_interval_seconds=limits.interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds what the events queue asks for: D-1 every night, and late days.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
        clock: dg.ResourceParam[ClockResource],
    ) -> dg.SensorResult:
        """Poll the queue, and request runs."""
        with _errors_logged():
            tick = _tick_context(context.instance, landing, lake, clock.now())
            result = poll(open_queue(), QueueCursor.decode(context.cursor), tick, limits)
        for each in result.rejected:
            context.log.warning("A message was rejected. %s", each)
        _log(result)
        return _sensor_result(result)

    return evaluate


def poll(queue: Queue, cursor: QueueCursor, tick: TickContext, limits: QueueLimits) -> Evaluation:
    """Receive messages, decide which runs to request, and delete completed messages.

    A poll that is cut off anywhere has deleted no message that the recorded cursor still needs.
    """
    today = tick.now.astimezone(SETTINGS.zone).date()
    parse = MessageFilter(tick.address, tick.lake, cursor.days, today)
    drained = drain(queue, parse, limits.drain)
    decision = request_nightly_runs(drained.pending, cursor, tick.now, tick.is_requested)
    queue.delete([each.message for each in decision.completed])
    if _should_scan(decision, tick.now, limits):
        decision = request_stale_days(drained.pending, decision.cursor, tick.now, tick.scan)
        queue.delete([each.message for each in decision.completed])
    return Evaluation(decision, drained, parse.rejected)


def request_nightly_runs(
    pending: list[PendingMessage],
    cursor: QueueCursor,
    now: datetime,
    is_requested: Callable[[date], bool],
) -> Decision:
    """Request the nightly run whose tick came, and add all days of messages to the cursor.

    A late tick, of an older night, only adds its day. A tick is completed once its nightly run is
    in Dagster's history; a late tick also once its day is in the recorded `cursor`.
    """
    ticks = {event.day for _, event in pending if isinstance(event, ScheduleEvent)}
    unanswered = {day for day in ticks if not is_requested(day)}
    nightly = {day for day in unanswered if day >= last_scheduled_day(now, SETTINGS.zone)}
    open_ticks = nightly | (unanswered - cursor.days)
    landed = {event.day for _, event in pending if not isinstance(event, ScheduleEvent)}
    days = cursor.days | landed | unanswered
    return Decision(
        replace(cursor, days=days, since=(cursor.since or now) if _over(days, now) else None),
        [nightly_request(day) for day in sorted(nightly)],
        [
            each
            for each in pending
            if isinstance(each.event, ScheduleEvent) and each.event.day not in open_ticks
        ],
    )


def request_stale_days(
    pending: list[PendingMessage], cursor: QueueCursor, now: datetime, scan_days: ScanDays
) -> Decision:
    """Scan the cursor's days that are over, request the stale ones, and forget the others."""
    over = _over(cursor.days, now)
    found = scan_days(over, cursor.requested)
    built = over - found.plan.stale
    days = (cursor.days - built) | frozenset(found.plan.requested)
    since = now if _over(days, now) else None
    return Decision(
        QueueCursor(days, since, found.plan.requested, now),
        found.plan.requests(cursor.scanned_at),
        [each for each in pending if each.event.day in built],
        found,
    )


def _should_scan(decision: Decision, now: datetime, limits: QueueLimits) -> bool:
    """Return whether messages were collected for long enough, and no nightly run goes first."""
    since = decision.cursor.since
    return not decision.requests and since is not None and now - since >= limits.rescan_delay


def _over(days: frozenset[date], now: datetime) -> frozenset[date]:
    """Return the days that the nightly run should have built; others may still grow."""
    last = last_scheduled_day(now, SETTINGS.zone, NIGHTLY_GRACE)
    return frozenset(day for day in days if day <= last)


def _tick_context(
    instance: dg.DagsterInstance, landing: LandingResource, lake: LakeResource, now: datetime
) -> TickContext:
    store, tables = landing.store(SENSOR_TIMEOUT), lake.lake(SENSOR_TIMEOUT)

    def scan_days(touched: frozenset[date], requested: RequestedStates) -> StalenessScan:
        busy = days_of_unfinished_runs(instance)
        return scan(store, tables, now, KnownDays(touched, requested, busy))

    address = LandingAddress.of(landing.uri)
    return TickContext(now, address, tables.store, scan_days, partial(_is_requested, instance))


def _is_requested(instance: dg.DagsterInstance, day: date) -> bool:
    return instance.get_runs_count(dg.RunsFilter(tags={RUN_KEY: nightly_run_key(day)})) > 0


@contextmanager
def _errors_logged() -> Iterator[None]:
    """Log the tick's error in one sentence; Dagster's own report of it is pages long."""
    try:
        yield
    except (EventsQueueError, StoreError) as error:
        LOGGER.error("%s", error, extra=log_fields(sensor=NAME))  # noqa: TRY400 - a trace adds nothing
        raise


def _log(result: Evaluation) -> None:
    """Log a poll that received or requested something; most find an empty queue."""
    asked = [each.run_key or "" for each in result.decision.requests]
    if not result.drained.received and not asked:
        return
    LOGGER.info(
        "%d messages received, %d runs requested",
        result.drained.received,
        len(asked),
        extra=log_fields(
            sensor=NAME,
            taken=result.drained.received,
            kept=len(result.drained.pending),
            set_aside=result.rejected,
            asked=asked,
        ),
    )


def _sensor_result(result: Evaluation) -> dg.SensorResult:
    decision = result.decision
    cursor = decision.cursor.encode()
    if decision.requests:
        return dg.SensorResult(run_requests=decision.requests, cursor=cursor)
    return dg.SensorResult(skip_reason=_skip_reason(result), cursor=cursor)


def _skip_reason(result: Evaluation) -> str:
    """Return what a poll did that requests nothing."""
    received, kept = result.drained.received, len(result.drained.pending)
    parts = [f"{received} messages received, {kept} of them still needed."]
    if result.decision.scan:
        parts.append(result.decision.scan.skip_reason or "")
    elif since := result.decision.cursor.since:
        parts.append(f"The tables are scanned five minutes after {since:%H:%M:%S} UTC.")
    return " ".join([*parts, *(f"Rejected: {each}" for each in result.rejected)])


def definitions(queue_url: str | None) -> dg.Definitions:
    """Return the sensor of the queue at a URL, or nothing without one."""
    if not queue_url:
        return dg.Definitions()

    def open_the_queue() -> Queue:
        # boto3 takes most of a second to import: only deployments with a queue pay for it.
        from tg_pipeline.events.sqs import open_queue  # noqa: PLC0415

        return open_queue(queue_url)

    return dg.Definitions(sensors=[events_sensor(open_the_queue, QueueLimits())])


defs = definitions(SETTINGS.events_queue_url)
