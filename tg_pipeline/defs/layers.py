"""Old names, for modules that still import them."""

from tg_pipeline.defs.updates.assets import RETRY_POLICY as TRY_AGAIN
from tg_pipeline.defs.updates.assets import defs

__all__ = ["TRY_AGAIN", "defs"]
