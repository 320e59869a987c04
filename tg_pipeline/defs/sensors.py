"""Old names, for modules that still import them."""

from typing import Final

import dagster as dg

from tg_pipeline.defs.updates.run_requests import UNFINISHED

UNDER_WAY: Final = "A run is under way; this looks again after it."


def is_under_way(instance: dg.DagsterInstance) -> bool:
    """Return whether any run is not finished yet."""
    return instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)) > 0
