"""Conservation: what goes into a layer comes out of it, or is accounted for."""

from dataclasses import dataclass
from datetime import date

from tg_pipeline.builds.deduped_day import DedupedDay
from tg_pipeline.builds.enriched_day import EnrichedDay
from tg_pipeline.builds.raw_day import RawDay


@dataclass(frozen=True, slots=True)
class Balance:
    """Rows that went into a day of a table, and rows accounted for behind it."""

    day: date | None
    """None for a table that has no days."""
    entered: int
    accounted: int

    @property
    def holds(self) -> bool:
        """Say whether nothing was lost and nothing came from nowhere."""
        return self.entered == self.accounted


def raw_balance(day: date, built: RawDay) -> Balance:
    """Landed lines = raw rows + quarantined rows.

    Of an object that has no row at all nobody knows how many lines it had; it counts as one.
    """
    landed = built.lines + built.objects_missing
    return Balance(day, landed, built.raw.rows + built.quarantined.rows)


def deduped_balance(day: date, built: DedupedDay) -> Balance:
    """Raw rows = deduped rows + duplicates."""
    return Balance(day, built.raw_rows, built.deduped.rows + built.duplicates)


def enriched_balance(day: date, built: EnrichedDay) -> Balance:
    """Deduped rows = enriched rows."""
    return Balance(day, built.deduped_rows, built.enriched.rows)
