"""A run of athena_job registers the tables in Athena."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.settings import SettingsError
from tg_pipeline.defs.athena import assets as athena
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.resources import LakeResource, LandingResource
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


def test_a_run_registers_and_says_what_it_changed(
    commands: AthenaCommands, instance: dg.DagsterInstance
) -> None:
    first, second = register(instance), register(instance)

    assert first.success
    assert changed(first).startswith("database tg_pipeline, table telegram, ")
    assert changed(second) == "nothing"
    assert commands.run("register", "--check").code == 0


def test_a_run_that_can_t_register_fails_with_a_sentence(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", tmp_path.as_uri())

    run = register(instance)

    (failure,) = run.get_step_failure_events()
    assert not run.success
    assert "Athena reads S3" in str(failure.step_failure_data.user_failure_data)


@pytest.mark.parametrize(("text", "registers"), [("yes", True), ("", False), ("no", False)])
def test_it_is_asked_for_by_a_setting(text: str, *, registers: bool, tmp_path: Path) -> None:
    settings = Settings.from_environment({"TG_ATHENA_REGISTER": text}, tmp_path)

    assert settings.athena.registers is registers


def test_a_setting_that_is_neither_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TG_ATHENA_REGISTER='true' is neither yes nor no"):
        Settings.from_environment({"TG_ATHENA_REGISTER": "true"}, tmp_path)


def test_where_athena_is_known_can_be_set(tmp_path: Path) -> None:
    environment = {
        "TG_ATHENA_DATABASE": "mine",
        "TG_ATHENA_WORKGROUP": "ours",
        "AWS_DEFAULT_REGION": "sa-east-1",
    }

    told = Settings.from_environment(environment, tmp_path).athena

    assert told == AthenaSettings("mine", "ours", "sa-east-1")
