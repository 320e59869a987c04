"""Old names, for modules that still import them."""

from tg_pipeline.defs.updates.checks import freshness_job

__all__ = ["freshness_job"]
