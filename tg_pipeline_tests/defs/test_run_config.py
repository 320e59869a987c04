"""A launch can name no environment variable and change no setting: it only chooses values."""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg
import pytest

from tg_pipeline.definitions import defs
from tg_pipeline.defs.digest import assets as digest
from tg_pipeline.defs.resources import resources
from tg_pipeline.settings import Settings

NAME: Final = "TELEGRAM_BOT_TOKEN"
SECRET: Final = "7000000001:AAE-the_secret_half_of_a_bots_token"  # noqa: S105 - of no bot
REFERENCE: Final = {"env": NAME}


@pytest.fixture(scope="module")
def all_jobs(tmp_path_factory: pytest.TempPathFactory) -> list[dg.JobDefinition]:
    """Return every job, those of optional settings among them, and the one that the UI launches."""
    home = tmp_path_factory.mktemp("home")
    settings = {NAME: SECRET, "TG_ADMIN_CHAT_ID": "5", "TG_DIGEST": "day"}
    with_digest = digest.definitions(Settings.from_environment(settings, home))
    fixed = dg.Definitions(resources=resources, executor=dg.in_process_executor)
    every = [defs, dg.Definitions.merge(with_digest, fixed)]
    named = [
        each.resolve_job_def(job.name)
        for each in every
        for job in each.jobs or []
        if not isinstance(job, dg.JobDefinition)
    ]
    return [*named, *(each.resolve_implicit_global_asset_job_def() for each in every)]


def fields(config_type: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and type of every value that a run config of this type can have."""
    for name, each in getattr(config_type, "fields", {}).items():
        yield from fields(each.config_type, (*path, name))
    if inner := getattr(config_type, "inner_type", None):
        yield from fields(inner, path)
    if scalar := getattr(config_type, "scalar_type", None):
        yield path, scalar
        yield from fields(config_type.non_scalar_type, path)
    if not getattr(config_type, "fields", {}):
        yield path, config_type


def nested(path: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = path
    return {first: nested(tuple(rest), value) if rest else value}


def outcome(job: dg.JobDefinition, run_config: dict[str, Any]) -> str:
    """Return what a run of the job would be configured with, or why it is refused."""
    try:
        return str(dg.validate_run_config(job, run_config))
    except dg.DagsterInvalidConfigError as error:
        return str(error)


def test_no_value_of_a_run_config_may_be_a_reference_to_a_variable(
    all_jobs: list[dg.JobDefinition],
) -> None:
    paths = {
        ".".join(path)
        for job in all_jobs
        for path, _ in fields(job.run_config_schema.config_type)
        if path
    }

    assert {path for path in paths if path.endswith(".env")} == set()
    # And the schemas were read: these are values that a launch can choose
    assert {
        "ops.raw_updates.config.full",
        "ops.report.config.last",
        "ops.report.config.days",
        "ops.digest.config.day",
        "ops.digest.config.again",
    } <= paths


def test_a_reference_in_any_place_never_becomes_the_value(
    all_jobs: list[dg.JobDefinition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, SECRET)
    extra = [("resources", name, "config", "uri") for name in resources]
    extra.append(("resources", "io_manager", "config", "base_dir"))
    for job in all_jobs:
        known = {path for path, _ in fields(job.run_config_schema.config_type) if path}
        for path in known | set(extra):
            assert SECRET not in outcome(job, nested(path, REFERENCE)), path


@pytest.mark.parametrize("name", resources)
def test_a_launch_can_set_nothing_of_a_resource(name: str) -> None:
    config = {"resources": {name: {"config": {"uri": "file:///elsewhere"}}}}

    with pytest.raises(dg.DagsterInvalidConfigError, match='unexpected config entry "uri"'):
        dg.validate_run_config(defs.resolve_job_def("updates_job"), config)
