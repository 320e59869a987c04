"""The project's side: all marts through their builder, and the report on what they hold."""

from dataclasses import replace
from pathlib import Path

# What is imported where it is first needed; here before it is measured, as pandas is.
import duckdb  # noqa: F401
import pyarrow as pa
from marts_meter import DRAWING, FACTS, FINDING, Meter, Side
from million_messages import PERIOD, ZONE

import tg_pipeline.marts.questions.naming  # noqa: F401
from lambda_ingest.store import open_store
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.report_facts import Subject, gather
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline.marts.questions import find_questions
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.report import Options, render


def build_ours(folder: Path) -> Side:
    """Build all marts of the lake in `folder`, and the report."""
    meter, lake = Meter(), Lake((folder / "lake").as_uri())
    days = lake.days(ENRICHED_UPDATES.name)
    with mart_builder(lake, ZONE.key) as builder:
        for mart in ALL_MARTS:
            with meter.stage(mart.name):
                builder.build_days(_metered(mart, meter), days if mart.is_daily else [None])
    with meter.stage(FACTS):
        landing = open_store((folder / "landing").as_uri())
        facts = gather(Subject(landing, lake, ZONE.key), PERIOD)
    with meter.stage(DRAWING):
        render(facts, Options(LANGUAGES["en"]))
    if facts is None:
        raise ValueError(f"{folder} has no lake")
    return meter.side(facts)


def _metered(mart: Mart, meter: Meter) -> Mart:
    """Give a mart that counts what its step costs apart from its query."""

    def step(messages: pa.Table) -> pa.Table:
        with meter.stage(FINDING):
            return find_questions(messages)

    return replace(mart, post_process=step) if mart.post_process else mart
