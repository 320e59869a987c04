"""The report: one page per language, written after the marts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import dagster as dg

from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.report import (
    REPORT,
    ReportSource,
    latest_period,
    load_report_data,
    page_key,
    publish_page,
    read_vega,
    report_state,
    write_report_state,
)
from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.defs.automation import FOLLOW_INPUTS
from tg_pipeline.defs.marts.charts import HOURS, column_chart, day_chart, hour_chart
from tg_pipeline.defs.metadata import as_dagster_failure
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates.assets import OWNERS
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.report.messages import LANGUAGES
from tg_pipeline.report.models import (
    DEFAULT_DAYS,
    EARLIEST,
    LATEST,
    Period,
    ReportData,
    is_report_day,
)

DESCRIPTION: Final = (
    "One HTML file per language that shows what the bot was asked and whether it helps: figures, "
    "charts and explanations of the last 28 days. The page loads nothing from the network."
)

MAX_DAYS: Final = (LATEST - EARLIEST).days


CONFIG: Final = {
    "last": dg.Field(
        dg.Noneable(str),
        default_value=None,
        description="Last day, YYYY-MM-DD; by default the newest day that is built.",
    ),
    "days": dg.Field(
        int,
        default_value=DEFAULT_DAYS,
        description="Number of days; fewer if the lake begins later.",
    ),
    "hide_names": dg.Field(bool, default_value=False, description="Show users as numbers."),
}
"""What a launch can choose: values only, no names of environment variables."""


@dataclass(frozen=True, slots=True)
class ReportConfig:
    """The period of the report, and whether it shows names."""

    last: str | None
    days: int
    hide_names: bool

    def period(self, lake: Lake) -> Period | None:
        """Return the requested period, or None if the lake is empty; raises dg.Failure."""
        if not 1 <= self.days <= MAX_DAYS:
            raise dg.Failure(f"days is not between 1 and {MAX_DAYS}", allow_retries=False)
        built = lake.days(ENRICHED_UPDATES.name)
        return latest_period(built, self._last_day(), self.days)

    def _last_day(self) -> date | None:
        try:
            last = date.fromisoformat(self.last) if self.last else None
        except ValueError:
            reason = f"{self.last!r} is not a valid date: YYYY-MM-DD"
            raise dg.Failure(reason, allow_retries=False) from None
        if last and not is_report_day(last):
            reason = f"{last} is not between {EARLIEST} and {LATEST}"
            raise dg.Failure(reason, allow_retries=False)
        return last


@dg.asset(
    name=REPORT,
    deps=[mart.name for mart in ALL_MARTS],
    group_name=REPORT,
    owners=OWNERS,
    kinds={"html"},
    description=DESCRIPTION,
    automation_condition=FOLLOW_INPUTS,
    metadata={"dagster/uri": f"{SETTINGS.lake_uri}/{page_key(SETTINGS.language)}"},
    config_schema=CONFIG,
)
def report(
    context: dg.AssetExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> dg.MaterializeResult[None]:
    """Write the report in every language."""
    # The chart library takes a second to import, and only this asset needs it.
    from tg_pipeline.report.report import render_report  # noqa: PLC0415

    config = ReportConfig(**context.op_execution_context.op_config)
    with as_dagster_failure(lake.uri):
        tables, store = lake.lake(), landing.store()
        parameters = mart_parameters(SETTINGS, store)
        today = clock.now().astimezone(SETTINGS.zone).date()
        is_filtered = bool(SETTINGS.ingest.chat_ids)
        layers = layer_parameters(SETTINGS, store)
        source = ReportSource(
            *(store, tables, parameters, layers, is_filtered, today), SETTINGS.start_date
        )
        state = report_state(source, last_scheduled_day(clock.now(), SETTINGS.zone))
        data = load_report_data(source, config.period(tables))
        sizes = {
            name: publish_page(
                tables,
                name,
                render_report(
                    data, name, hide_names=config.hide_names, read_vega=partial(read_vega, tables)
                ),
            )
            for name in LANGUAGES
        }
        write_report_state(tables, state)
    # The page in the language that is set comes first.
    names = sorted(sizes, key=lambda name: name != SETTINGS.language)
    pages = {f"page_{name}": f"{lake.uri}/{page_key(name)}" for name in names}
    return dg.MaterializeResult(metadata={**pages, "bytes": max(sizes.values()), **_summary(data)})


def _summary(data: ReportData | None) -> Mapping[str, Any]:
    if data is None:
        return {}
    charts = report_charts(data)
    return {
        "first_day": data.period.first.isoformat(),
        "last_day": data.period.last.isoformat(),
        "messages": data.current.messages,
        "questions": data.current.questions,
        **{f"{name}_plot": dg.MetadataValue.md(chart) for name, chart in charts.items()},
    }


def report_charts(data: ReportData) -> dict[str, str]:
    """Return the report's main charts as Markdown that Dagster shows in place."""
    hours = Counter[int]()
    for row in data.hours:
        hours[row.hour] += row.messages
    return {
        "messages": day_chart("messages by day", {row.day: row.messages for row in data.activity}),
        "hours": hour_chart("messages by hour", [hours[hour] for hour in range(HOURS)]),
        "questions": column_chart(
            "issues by week", [(row.week.isoformat(), row.issues) for row in data.answers]
        ),
        "new_members": day_chart(
            "new members by day", {row.day: row.joins for row in data.members}
        ),
    }


report_job = dg.define_asset_job(
    "report_job",
    selection=dg.AssetSelection.assets(report),
    description="Writes the report.",
)

defs = dg.Definitions(assets=[report], jobs=[report_job])
