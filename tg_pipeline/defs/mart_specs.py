"""Names that schedules.py imports from here."""

from tg_pipeline.defs.marts.assets import DAILY_LAWS, MARTS_BY_DAY

__all__ = ["DAILY_LAWS", "MARTS_BY_DAY"]
