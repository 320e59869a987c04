"""What Dagster finds when it loads the checkout."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.definitions import defs
from tg_pipeline.defs.marts.assets import DAILY_CONSERVATION_CHECKS
from tg_pipeline.defs.updates.assets import LAYER_CHECKS
from tg_pipeline.marts.catalog import DAILY_MARTS

CHECKOUT = Path(__file__).parents[2]
LAYERS = ["raw_updates", "quarantine", "deduped_updates", "enriched_updates"]


def test_the_graph_is_landing_to_raw_to_deduped_to_enriched() -> None:
    graph = defs.resolve_asset_graph()

    def parents(name: str) -> set[str]:
        return {key.path[-1] for key in graph.get(dg.AssetKey(name)).parent_keys}

    assert parents("raw_updates") == parents("quarantine") == {"landing"}
    assert parents("deduped_updates") == {"raw_updates"}
    assert parents("enriched_updates") == {"deduped_updates"}
    assert not graph.get(dg.AssetKey("landing")).is_executable


def test_the_job_builds_the_layers_and_daily_marts_and_asks_their_checks_only() -> None:
    job = defs.resolve_job_def("updates_job")

    built = {key.path[-1] for key in job.asset_layer.executable_asset_keys}
    asked = job.asset_layer.asset_graph.asset_check_keys
    assert built == {*LAYERS, *(mart.name for mart in DAILY_MARTS)}
    assert asked == {*LAYER_CHECKS, *DAILY_CONSERVATION_CHECKS}


def test_a_code_server_that_only_waits_holds_no_library_of_builds() -> None:
    code = "import sys, tg_pipeline.definitions; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    builds = {"duckdb", "sqlglot", "sklearn", "scipy", "altair", "jinja2", "boto3", "requests"}
    assert builds.isdisjoint(done.stdout.split())


@pytest.mark.slow
def test_the_checkout_s_workspace_loads_as_dagster_dev_loads_it() -> None:
    dagster = Path(sys.executable).parent / "dagster"

    done = subprocess.run(
        [dagster, "definitions", "validate"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
