"""The state of the days that a report is about, as the landing zone and the lake tell it."""

from obstore.store import ObjectStore

from tg_pipeline.builds.staleness import DayState, day_states
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE
from tg_pipeline.marts.report.health import HealthDay
from tg_pipeline.marts.report.period import Period


def health_days(landing: ObjectStore, lake: Lake, period: Period) -> list[HealthDay]:
    """Give what landed on each day of a period, and what became of it."""
    states = day_states(landing, lake, iter_days(period.first, period.last))
    return [_health_day(state) for state in states]


def _health_day(state: DayState) -> HealthDay:
    deduped = state.layers[DEDUPED_UPDATES.name]
    return HealthDay(
        day=state.day,
        landed=state.objects,
        updates=deduped.rows,
        quarantined=state.layers[QUARANTINE.name].rows,
        duplicates=deduped.duplicates,
        is_missing=state.has_something and not state.is_complete,
        is_late=state.is_complete and not state.is_current,
    )
