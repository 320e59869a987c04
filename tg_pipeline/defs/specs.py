"""Old names, for modules that still import them."""

from tg_pipeline.defs.updates.assets import OWNERS, conservation_check

__all__ = ["OWNERS", "conservation_check"]
