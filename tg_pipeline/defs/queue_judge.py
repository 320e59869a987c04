"""Which messages of the events queue are still needed."""

from dataclasses import dataclass, field
from datetime import date

from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_LEAD
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.events.messages import Event, LandingAddress, ScheduleEvent, read_event
from tg_pipeline.exceptions import UnreadableEventError


@dataclass(slots=True)
class Judge:
    """Tells which messages are still needed, and keeps those that can't be read."""

    landing: LandingAddress
    lake: ObjectStore
    unneeded: frozenset[date]
    """Days whose messages are not needed any more; ticks are."""
    today: date
    unreadable: list[str] = field(default_factory=list)
    """Of each message that was set aside: why, and where it is now."""

    def __call__(self, body: str) -> Event | None:
        """Give the event in a message that is still needed; None for any other."""
        try:
            event = read_event(body, self.landing, SETTINGS.zone)
            return event if event and self._is_needed(event) else None
        except UnreadableEventError as error:
            key = dead_letter(self.lake, body, str(error))
            self.unreadable.append(f"{error} It is kept as {key}.")
            return None

    def _is_needed(self, event: Event) -> bool:
        if isinstance(event, ScheduleEvent):
            if event.day >= self.today:
                raise UnreadableEventError(f"The tick asks for {event.day}, which is not over.")
            return event.day >= SETTINGS.start_date
        is_partition = SETTINGS.start_date <= event.day <= self.today + MAX_LEAD
        return is_partition and event.day not in self.unneeded
