"""The files of deploy/, as far as they can be checked without containers or a cluster."""

import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster_aws.ecs import EcsRunLauncher

from tg_pipeline.ecs_launcher import TagRefusingEcsRunLauncher
from tg_pipeline.exceptions import CommandError
from tg_pipeline_tests.integration.deployment.compose import DEPLOY, services, settings_to_fill_in

IN_CONTAINERS = ("dagster.yaml", "ecs/dagster.yaml")
ON_ECS = ("ecs/dagster.yaml", "workspace.yaml")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["../dagster.yaml", *IN_CONTAINERS])
def test_dagster_accepts_its_configuration(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the file, with SQLite in place of a Postgres that is not here
    config = read(name) | {"storage": {"sqlite": {"base_dir": str(tmp_path)}}}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("DAGSTER_LOGS_BUCKET", "logs")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    # Then Dagster opens an instance with it, with its launcher and its log store
    is_checkout = name.startswith("..")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_retries_enabled
        assert instance.run_monitoring_max_runtime_seconds == (
            3_600 if name.startswith("..") else 7_200
        )
        launcher = type(instance.run_launcher).__name__
        logs = type(instance.compute_log_manager).__name__
    assert launcher == ("TagRefusingEcsRunLauncher" if "ecs" in name else "DefaultRunLauncher")
    assert logs == ("LocalComputeLogManager" if is_checkout else "S3ComputeLogManager")


def test_all_containers_and_a_checkout_have_the_same_rules() -> None:
    checkout, deployed, ecs = (read(name) for name in ("../dagster.yaml", *IN_CONTAINERS))
    same = ("storage", "compute_logs", "concurrency", "run_retries", "retention", "python_logs")

    assert [deployed[part] for part in same] == [ecs[part] for part in same]
    assert checkout["run_retries"] == deployed["run_retries"]
    assert checkout["python_logs"] == deployed["python_logs"]


def test_the_chart_has_the_same_rules() -> None:
    here, values = read("dagster.yaml"), read("kubernetes/values.yaml")
    daemon, runs = values["dagsterDaemon"], here["concurrency"]["runs"]
    queue = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]
    monitoring, retries = daemon["runMonitoring"], daemon["runRetries"]

    assert queue["maxConcurrentRuns"] == runs["max_concurrent_runs"]
    assert queue["tagConcurrencyLimits"] == runs["tag_concurrency_limits"]
    assert retries["maxRetries"] == here["run_retries"]["max_retries"]
    assert monitoring["maxRuntimeSeconds"] == here["run_monitoring"]["max_runtime_seconds"]


def test_the_code_server_is_the_same_one_everywhere() -> None:
    (deployment,) = read("kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]
    command = services()["code"]["command"]
    said = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", "")

    assert command[-4:] == deployment["dagsterApiGrpcArgs"]
    assert all(f'"{word}"' in said for word in command)


def test_every_service_has_a_health_check_and_listens_on_loopback_only() -> None:
    for name, service in services().items():
        assert name in {"s3", "postgres"} or "healthcheck" in service, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_the_image_runs_as_an_unprivileged_user() -> None:
    instructions = (DEPLOY / "Dockerfile").read_text("utf-8")

    assert "\nCMD" in instructions.partition("\nUSER pipeline\n")[2]


def make_image(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run `make image` where only these programs are installed."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    make = shutil.which("make")
    assert make
    return subprocess.run(
        [make, "image"],
        cwd=DEPLOY.parent,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_image_builds_the_stage_of_the_daily_task(tmp_path: Path) -> None:
    done = make_image(tmp_path, podman='echo "$@"')

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "build --file deploy/Dockerfile --target daily --platform linux/amd64 "
        "--tag tg-pipeline:daily .\n"
    )
    assert "\nFROM base AS daily\n" in (DEPLOY / "Dockerfile").read_text("utf-8")


def test_make_image_says_what_is_missing(tmp_path: Path) -> None:
    done = make_image(tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("make image: neither docker nor podman is installed here")


def test_the_daily_image_has_a_dagster_without_servers() -> None:
    config = read("serverless/dagster.yaml")
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8")

    assert config["storage"] == {"sqlite": {"base_dir": {"env": "TMPDIR"}}}
    assert config["telemetry"] == {"enabled": False}
    assert config["compute_logs"]["class"] == "NoOpComputeLogManager"
    assert "!deploy/serverless/dagster.yaml\n" in ignored


def test_the_example_has_no_secrets() -> None:
    filled_in = settings_to_fill_in()
    secret = [name for name in filled_in if name.endswith(("PASSWORD", "TOKEN", "KEY"))]

    assert secret
    assert [filled_in[name] for name in secret] == [""] * len(secret)


def test_the_docs_name_every_variable_of_a_task() -> None:
    files = "".join((DEPLOY / name).read_text("utf-8") for name in ON_ECS)
    wanted = {*re.findall(r"env: (\w+)", files), "DAGSTER_CURRENT_IMAGE"}
    page = (DEPLOY.parent / "docs" / "deployment.md").read_text("utf-8")
    part = page.partition("## ECS")[2].partition("\n## ")[0]

    assert {name for name in wanted if f"`{name}`" not in part} == set()


def test_every_webserver_is_started_behind_the_guard() -> None:
    compose, chart = services()["webserver"], read("kubernetes/values.yaml")["dagsterWebserver"]
    image = (DEPLOY / "Dockerfile").read_text("utf-8")

    # In compose by its command
    assert compose["command"][:2] == ["tg-pipeline", "ui"]
    # And wherever the image is asked for dagster-webserver, as Dagster's chart does
    assert "COPY --chmod=755 deploy/dagster-webserver /opt/tg_pipeline/bin/" in image
    assert "PATH=/opt/tg_pipeline/bin:" in image
    assert 'exec tg-pipeline ui "$@"' in (DEPLOY / "dagster-webserver").read_text("utf-8")
    (code,) = read("kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]
    assert chart["image"] == code["image"]


def test_on_kubernetes_a_launch_sets_nothing_of_its_pod() -> None:
    values = read("kubernetes/values.yaml")
    launcher = values["runLauncher"]["config"]["customRunLauncher"]
    (code,) = values["dagster-user-deployments"]["deployments"]

    assert (launcher["module"], launcher["class"]) == ("dagster_k8s", "K8sRunLauncher")
    assert launcher["config"]["only_allow_user_defined_k8s_config_fields"] == {}
    assert launcher["config"]["only_allow_user_defined_env_vars"] == []
    # These would count as set by the launch, and be refused
    assert code["includeConfigInLaunchedRuns"] == {"enabled": False}


@pytest.mark.parametrize(
    "tag",
    ["ecs/container_overrides", "ecs/task_overrides", "ecs/run_task_kwargs", "ecs/cpu", "ECS/new"],
)
def test_on_ecs_a_launch_with_tags_of_its_task_is_refused(
    tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    launcher = TagRefusingEcsRunLauncher(**read("ecs/dagster.yaml")["run_launcher"]["config"])
    run = dg.DagsterRun("updates_job", tags={tag: '{"command": ["sh"]}'})

    for launch in (launcher.launch_run, launcher.resume_run):
        with pytest.raises(CommandError, match=f"A launch can't set {tag}"):
            launch(SimpleNamespace(dagster_run=run))


def test_a_run_s_task_has_the_daemon_s_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # Tagged secrets would replace them: dagster_aws.ecs.tasks
    config = read("ecs/dagster.yaml")["run_launcher"]["config"]

    assert EcsRunLauncher(**config).secrets_tags == []
