"""The report in Dagster: a page in each language, and clear failures."""

from typing import Any

import dagster as dg
import pytest

from tg_pipeline.builds.report import page_key
from tg_pipeline.defs.report.assets import report
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.report.messages import LANGUAGES, load_messages
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.report.built_days import land_two_days


def materialize(pipeline: Pipeline, config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [report],
        resources={
            "landing": LandingResource(uri=pipeline.landing_uri),
            "lake": LakeResource(uri=pipeline.lake_uri),
            "clock": ClockResource(),
        },
        run_config={"ops": {"report": {"config": config}}},
        raise_on_error=False,
    )


def test_the_asset_writes_a_page_in_each_language(pipeline: Pipeline) -> None:
    land_two_days(pipeline)

    result = materialize(pipeline, {"days": 2})

    assert result.success
    (event,) = result.asset_materializations_for_node("report")
    assert event.metadata["messages"].value == 6
    assert event.metadata["first_day"].value == DAY.isoformat()
    assert str(event.metadata["messages_plot"].value).startswith("| messages by day |")
    for language in LANGUAGES:
        html = (pipeline.folder / "lake" / page_key(language)).read_text(encoding="utf-8")
        assert load_messages(language).questions.title in html


INVALID_DAYS = {
    "soon": "'soon' is not a valid date: YYYY-MM-DD",
    "0206-10-07": "0206-10-07 is not between 2013-08-14 and 2099-12-31",
}


@pytest.mark.parametrize("last", INVALID_DAYS)
def test_an_invalid_day_fails_with_a_clear_message(pipeline: Pipeline, last: str) -> None:
    result = materialize(pipeline, {"last": last})

    failure = result.failure_data_for_node("report")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == INVALID_DAYS[last]
