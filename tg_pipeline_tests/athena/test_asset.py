"""A run of athena_job registers the tables in Athena."""

from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.defs.athena import assets as athena
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates import assets as layers
from tg_pipeline.defs.updates import schedules
from tg_pipeline.settings import AthenaSettings, Settings
from tg_pipeline_tests.athena.athena_commands import AthenaCommands

DEFINITIONS = dg.Definitions.merge(
    athena.definitions(registers=True),
    layers.defs,
    marts.defs,
    schedules.defs,
    dg.Definitions(
        resources={
            "landing": LandingResource(uri="memory://"),
            "lake": LakeResource(uri="memory://"),
            "clock": ClockResource(),
        }
    ),
)


def register() -> dg.ExecuteInProcessResult:
    job = DEFINITIONS.resolve_job_def("athena_job")
    return job.execute_in_process(raise_on_error=False)


def changed(run: dg.ExecuteInProcessResult) -> str:
    (event,) = run.asset_materializations_for_node("athena_tables")
    return str(event.metadata["changed"].value)


def test_a_run_registers_and_reports_what_it_changed(commands: AthenaCommands) -> None:
    first, second = register(), register()

    assert first.success
    assert changed(first).startswith("database tg_pipeline, table telegram, ")
    assert changed(second) == "nothing"
    assert commands.run("register", "--check").code == 0


def test_a_run_that_can_t_register_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", tmp_path.as_uri())

    run = register()

    (failure,) = run.get_step_failure_events()
    assert not run.success
    assert "Athena reads S3" in str(failure.step_failure_data.user_failure_data)


@pytest.mark.parametrize(("text", "registers"), [("yes", True), ("", False), ("no", False)])
def test_where_and_whether_to_register_are_settings(
    text: str, *, registers: bool, tmp_path: Path
) -> None:
    environment = {
        "TG_ATHENA_DATABASE": "mine",
        "TG_ATHENA_WORKGROUP": "ours",
        "AWS_DEFAULT_REGION": "sa-east-1",
        "TG_ATHENA_REGISTER": text,
    }

    settings = Settings.from_environment(environment, tmp_path).athena

    assert settings == AthenaSettings("mine", "ours", "sa-east-1", registers)
