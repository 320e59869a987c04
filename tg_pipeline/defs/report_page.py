"""The report as an asset: a page in each language, written once the marts are."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import dagster as dg
from pydantic import Field

from tg_pipeline.builds.report import (
    REPORT,
    ReportSource,
    latest_period,
    load_report_data,
    page_key,
    publish_page,
)
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.report import clear_failures
from tg_pipeline.defs.report_pictures import pictures
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.specs import OWNERS
from tg_pipeline.lake.partitions import Lake
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
    "One HTML file a language that says what the bot was asked, and whether it helps: figures, "
    "charts and the sentences to them, over the last 28 days. It loads nothing from anywhere."
)

MOST_DAYS: Final = (LATEST - EARLIEST).days


class ReportConfig(dg.Config):
    """What the report is about, and whom it names."""

    last: str | None = None
    """Last day, YYYY-MM-DD; without one, the newest that is built."""
    days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)
    """How many days it is about; fewer where the lake begins later."""
    hide_names: bool = False
    """Show users as numbers."""

    def period(self, lake: Lake) -> Period | None:
        """Give the days that are asked for; None for a lake without a day."""
        return latest_period(lake, self._last(), self.days)

    def _last(self) -> date | None:
        try:
            last = date.fromisoformat(self.last) if self.last else None
        except ValueError:
            raise dg.Failure(f"{self.last!r} is no day: YYYY-MM-DD", allow_retries=False) from None
        if last and not is_report_day(last):
            reason = f"{last} is not from {EARLIEST} to {LATEST}"
            raise dg.Failure(reason, allow_retries=False)
        return last


@dg.asset(
    name=REPORT,
    deps=[mart.name for mart in ALL_MARTS],
    group_name=REPORT,
    owners=OWNERS,
    kinds={"html", "altair"},
    description=DESCRIPTION,
    metadata={"dagster/uri": f"{SETTINGS.lake_uri}/{REPORT}"},
)
def report(
    config: ReportConfig, landing: LandingResource, lake: LakeResource
) -> dg.MaterializeResult[None]:
    """Write the report in every language."""
    # The charts take a second to import: only a run that draws them waits for it.
    from tg_pipeline.report.report import render_report  # noqa: PLC0415

    with clear_failures(lake.uri):
        tables = lake.lake()
        source = ReportSource(
            landing.store(), tables, SETTINGS.timezone, bool(SETTINGS.ingest.chat_ids)
        )
        data = load_report_data(source, config.period(tables))
        sizes = {
            name: publish_page(
                tables, name, render_report(data, name, hide_names=config.hide_names)
            )
            for name in LANGUAGES
        }
    pages = {f"page_{name}": f"{lake.uri}/{page_key(name)}" for name in sizes}
    return dg.MaterializeResult(metadata={**pages, "bytes": max(sizes.values()), **_shown(data)})


def _shown(data: ReportData | None) -> Mapping[str, Any]:
    if data is None:
        return {}
    return {
        "first_day": data.period.first.isoformat(),
        "last_day": data.period.last.isoformat(),
        "messages": data.current.messages,
        "questions": data.current.questions,
        **{f"{name}_plot": dg.MetadataValue.md(image) for name, image in pictures(data).items()},
    }


report_job = dg.define_asset_job(
    "report_job",
    selection=dg.AssetSelection.assets(report),
    description="Writes the report.",
)

defs = dg.Definitions(assets=[report], jobs=[report_job])
