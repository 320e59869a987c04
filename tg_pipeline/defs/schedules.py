"""Old names, for modules that still import them."""

from tg_pipeline.defs.updates.schedules import DAILY_CRON, defs, updates_job

__all__ = ["DAILY_CRON", "defs", "updates_job"]
