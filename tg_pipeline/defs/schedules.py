"""Old names, for modules that still import them."""

from tg_pipeline.defs.updates.schedules import DAILY_CRON, updates_job

__all__ = ["DAILY_CRON", "updates_job"]
