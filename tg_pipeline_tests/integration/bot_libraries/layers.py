"""The layers built from the landing zone."""

from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline_tests.conftest import Pipeline


def enriched_ids(pipeline: Pipeline) -> list[int]:
    """Build every day, and return the update_id of each row of enriched_updates."""
    rows = []
    for day in list_days(pipeline.landing):
        pipeline.build(day)
        rows += pipeline.rows(ENRICHED_UPDATES.name, day)
    return sorted(row["update_id"] for row in rows)
