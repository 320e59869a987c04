"""The files of deploy/, as far as they can be held to account without a container or a cluster."""

import re
from typing import Any

import pytest
import yaml
from dagster._config import process_config
from dagster._core.instance.config import (
    ConcurrencyConfig,
    dagster_instance_config,
    validate_concurrency_config,
)
from dagster_aws.ecs import EcsRunLauncher

from tg_pipeline_tests.deploy.compose import DEPLOY, services, settings_to_fill_in

IN_CONTAINERS = ("dagster.yaml", "ecs/dagster.yaml")
ON_ECS = ("ecs/dagster.yaml", "workspace.yaml")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return found


@pytest.mark.parametrize("folder", [DEPLOY, DEPLOY / "ecs"])
def test_dagster_takes_its_configuration(folder: Any) -> None:
    config, _ = dagster_instance_config(str(folder))

    assert config["storage"]["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"


def test_the_launcher_of_tasks_takes_its_configuration() -> None:
    config = read("ecs/dagster.yaml")["run_launcher"]["config"]

    shape = EcsRunLauncher.config_type()  # type: ignore[no-untyped-call]
    processed = process_config(shape, config)

    assert processed.success, processed.errors


def test_wherever_it_runs_it_runs_by_the_same_rules() -> None:
    here, there = (read(name) for name in IN_CONTAINERS)
    same = ("storage", "compute_logs", "concurrency", "run_retries", "retention", "python_logs")

    assert [here[part] for part in same] == [there[part] for part in same]


def test_a_checkout_s_own_dagster_goes_by_the_same_rules_too() -> None:
    own, deployed = read("../dagster.yaml"), read("dagster.yaml")

    assert own["concurrency"]["pools"] == deployed["concurrency"]["pools"]
    assert own["run_launcher"] == deployed["run_launcher"]
    assert own["run_retries"] == deployed["run_retries"]
    assert own["run_monitoring"].items() <= deployed["run_monitoring"].items()


def test_the_chart_is_told_the_same_rules() -> None:
    here, values = read("dagster.yaml"), read("kubernetes/values.yaml")
    daemon, runs = values["dagsterDaemon"], here["concurrency"]["runs"]
    queue = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]
    monitoring, retries = daemon["runMonitoring"], daemon["runRetries"]

    assert queue["maxConcurrentRuns"] == runs["max_concurrent_runs"]
    assert queue["tagConcurrencyLimits"] == runs["tag_concurrency_limits"]
    assert retries["maxRetries"] == here["run_retries"]["max_retries"]
    assert monitoring["maxRuntimeSeconds"] == here["run_monitoring"]["max_runtime_seconds"]


def test_dagster_takes_the_limits_that_the_chart_writes() -> None:
    values = read("kubernetes/values.yaml")
    limits = values["additionalInstanceConfig"]["concurrency"]
    queue = values["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    coordinator = {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {
            "max_concurrent_runs": queue["maxConcurrentRuns"],
            "tag_concurrency_limits": queue["tagConcurrencyLimits"],
        },
    }

    validate_concurrency_config({"concurrency": limits, "run_coordinator": coordinator})

    pools = ConcurrencyConfig.from_concurrency_settings(limits, None).pool_config
    assert pools.default_pool_limit == read("dagster.yaml")["concurrency"]["pools"]["default_limit"]


def test_the_code_server_is_the_same_one_everywhere() -> None:
    (deployment,) = read("kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]
    command = services()["code"]["command"]
    said = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", "")

    assert command[-4:] == deployment["dagsterApiGrpcArgs"]
    assert all(f'"{word}"' in said for word in command)


def test_every_service_says_whether_it_is_well_and_only_this_machine_is_let_in() -> None:
    for name, service in services().items():
        assert name in {"s3", "postgres"} or "healthcheck" in service, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_the_image_runs_as_nobody_of_importance() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()

    assert lines.index("USER pipeline") < next(
        number for number, line in enumerate(lines) if line.startswith("CMD")
    )
    assert "pip install --only-binary=:all: --no-build-isolation -c constraints.txt" in "\n".join(
        lines
    )


def test_no_secret_stands_in_the_example() -> None:
    filled_in = settings_to_fill_in()
    secret = [name for name in filled_in if name.endswith(("PASSWORD", "TOKEN", "KEY", "KEY_ID"))]

    assert secret
    assert [filled_in[name] for name in secret] == [""] * len(secret)


def test_the_page_names_all_that_a_task_must_be_told() -> None:
    # Given the variables that Dagster's files read, and the one that names the image of runs
    files = "".join((DEPLOY / name).read_text("utf-8") for name in ON_ECS)
    wanted = {*re.findall(r"env: (\w+)", files), "DAGSTER_CURRENT_IMAGE"}

    # When the part about ECS is read
    page = (DEPLOY.parent / "docs" / "deployment.md").read_text("utf-8")
    part = page.partition("## ECS")[2].partition("\n## ")[0]

    # Then each is there
    assert {name for name in wanted if f"`{name}`" not in part} == set()


def test_a_run_s_task_has_the_daemon_s_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # Tagged secrets would replace them: dagster_aws.ecs.tasks
    config = read("ecs/dagster.yaml")["run_launcher"]["config"]

    assert EcsRunLauncher(**config).secrets_tags == []
