"""The tables of a day, one after another, each from those before it."""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.marts import MartBuildResult
from tg_pipeline.builds.monitoring.damage import Repairs
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.parallel.layers import A_SECOND_OR_TWO, EnrichByTasks, SplitByTasks, TaskSize
from tg_pipeline.settings import Settings
from tg_pipeline.spark.jobs import SparkJobs
from tg_pipeline.spark.marts import MartsOnSpark
from tg_pipeline.spark.reports import LayerBuilt
from tg_pipeline.storage.object_store import open_object_store

LOGGER: Final = logging.getLogger(__name__)

Built = LayerBuilt | MartBuildResult


@dataclass(frozen=True, slots=True)
class DayBuild:
    """What is built of a day, and from what."""

    settings: Settings
    day: date
    tables: Collection[str]
    """Their names; a run of raw_updates also writes quarantine."""
    full: bool = False
    """Whether all landed objects are read again."""
    quarantined: bool = False
    """Whether objects with quarantined lines are read again, too."""

    size: TaskSize = A_SECOND_OR_TWO

    def run(self, jobs: SparkJobs) -> Iterator[tuple[str, Built]]:
        """Build the tables, and yield each of them once it is written; raises StoreError."""
        store = open_object_store(self.settings.landing_uri)
        split = SplitByTasks(jobs, self.settings.landing_uri, self.size)
        source = LandingSource(store, self.settings.bot_id, self.quarantined, split)
        parameters, lake, day = layer_parameters(self.settings, store), jobs.lake, self.day
        repairs = Repairs(source, lake, parameters, LOGGER.warning)
        builds: dict[str, Callable[[], Built]] = {
            RAW_UPDATES.name: partial(
                build_raw_updates, source, lake, day, parameters, full=self.full
            ),
            DEDUPED_UPDATES.name: partial(build_deduped_updates, lake, day, parameters),
            ENRICHED_UPDATES.name: partial(
                build_enriched_updates, lake, day, parameters, EnrichByTasks(jobs, day, self.size)
            ),
        }
        marts = MartsOnSpark(jobs, mart_parameters(self.settings, store), self.size)
        builds |= {mart.name: partial(marts.build, mart, day) for mart in DAILY_MARTS}
        for name, build in builds.items():
            if name in self.tables:
                yield name, repairs.run(day, build)


TABLES: Final = (
    RAW_UPDATES.name,
    DEDUPED_UPDATES.name,
    ENRICHED_UPDATES.name,
    *(mart.name for mart in DAILY_MARTS),
)
"""All tables that a job can build."""
