"""After a successful run, Dagster registers in Athena, if a setting enables it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.settings import SettingsError
from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.defs import athena, layers, marts, schedules
from tg_pipeline.defs.resources import LakeResource, LandingResource
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
        }
    ),
)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def register(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = DEFINITIONS.resolve_job_def("athena_job")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def changed(run: dg.ExecuteInProcessResult) -> str:
    (event,) = run.asset_materializations_for_node("athena_tables")
    return str(event.metadata["changed"].value)


def test_a_run_registers_and_records_what_it_changed(
    commands: AthenaCommands, instance: dg.DagsterInstance
) -> None:
    first, second = register(instance), register(instance)

    assert first.success
    assert changed(first).startswith("database tg_pipeline, table telegram, ")
    assert changed(second) == "nothing"
    assert commands.run("register", "--check").code == 0


def test_a_run_that_can_t_register_fails_with_the_reason(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", tmp_path.as_uri())

    run = register(instance)

    (failure,) = run.get_step_failure_events()
    assert not run.success
    assert "Athena reads S3" in str(failure.step_failure_data.user_failure_data)


def test_the_asset_depends_on_every_registered_table() -> None:
    graph = DEFINITIONS.resolve_asset_graph()

    parents = {key.path[-1] for key in graph.get(dg.AssetKey("athena_tables")).parent_keys}

    assert parents == {table.folder for table in ATHENA_TABLES}


def test_a_registration_follows_each_nightly_run(instance: dg.DagsterInstance) -> None:
    run = dg.DagsterRun(job_name="updates_job", run_id="11111111-2222-3333-4444-555555555555")
    event = dg.DagsterEvent(event_type_value="PIPELINE_SUCCESS", job_name="updates_job")
    context = dg.build_run_status_sensor_context("athena_sensor", event, instance, run)

    asked = athena.athena_sensor(context)

    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == run.run_id


def test_nothing_is_defined_unless_it_is_enabled() -> None:
    assert not athena.definitions(registers=False).sensors
    assert not athena.definitions(registers=False).assets


@pytest.mark.parametrize(("text", "registers"), [("yes", True), ("", False), ("no", False)])
def test_a_setting_enables_it(text: str, *, registers: bool, tmp_path: Path) -> None:
    settings = Settings.from_environment({"TG_ATHENA_REGISTER": text}, tmp_path)

    assert settings.athena.registers is registers


def test_another_value_of_the_setting_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TG_ATHENA_REGISTER='true' is neither yes nor no"):
        Settings.from_environment({"TG_ATHENA_REGISTER": "true"}, tmp_path)


def test_database_workgroup_and_region_are_settings(tmp_path: Path) -> None:
    environment = {
        "TG_ATHENA_DATABASE": "mine",
        "TG_ATHENA_WORKGROUP": "ours",
        "AWS_DEFAULT_REGION": "sa-east-1",
    }

    athena_settings = Settings.from_environment(environment, tmp_path).athena

    assert athena_settings == AthenaSettings("mine", "ours", "sa-east-1")
