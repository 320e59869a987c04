"""Which service of a team's deployment receives which secret, and which others it can reach."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.server import ThreadedMotoServer

from tg_pipeline.settings import Settings
from tg_pipeline_tests.fakes.aws import client_of
from tg_pipeline_tests.integration.deployment.compose import (
    DEPLOY,
    compose,
    fill_in,
    names_in,
    services,
    settings_to_fill_in,
    variables_of,
)

OURS = {"buckets", "code", "webserver", "daemon", "webhook", "poller", "proxy"}
"""The services of the project's own image."""

ALL = OURS | {"postgres", "s3", "users"}
DAGSTER = {"code", "webserver", "daemon"}
INGESTION = {"webhook", "poller", "proxy"}

HOLDERS = {
    "DAGSTER_POSTGRES_PASSWORD": DAGSTER | {"postgres"},
    "ROOT_SECRET_ACCESS_KEY": {"s3", "users", "buckets"},
    "PIPELINE_SECRET_ACCESS_KEY": {"code", "users"},
    "INGEST_SECRET_ACCESS_KEY": INGESTION | {"users"},
    "UI_SECRET_ACCESS_KEY": {"webserver", "users"},
    "TELEGRAM_BOT_TOKEN": {"code", "poller"},
    "TELEGRAM_SECRET_TOKEN": {"webhook"},
    "TELEGRAM_SECRET_TOKEN_PREVIOUS": {"webhook"},
    "FORWARD_URL": {"webhook"},
    "FORWARD_SECRET_TOKEN": {"webhook"},
    "TG_PRIVACY_KEY": INGESTION | {"code"},
    "TG_ALERT_URL": {"code"},
}
"""The secrets in deploy/.env, and the services that receive each of them."""

NETWORKS = {
    "ingestion": INGESTION | {"s3"},
    "storage": {"s3", "users", "buckets", "code", "webserver"},
    "history": DAGSTER | {"postgres"},
    "code": DAGSTER,
    "door": INGESTION,
    "bot": {"proxy"},
    "outside": {"code"},
    "ui": {"webserver"},
}
"""The services of each network: two services without a common one can't connect to each other."""

WITH_A_WAY_OUT = {"door", "outside", "ui"}


def settings_of(service: str) -> set[str]:
    """Return the settings of deploy/.env that a service receives."""
    received = services()[service]
    return names_in(json.dumps([received.get("environment", {}), received.get("command", [])]))


def test_each_secret_is_received_by_those_that_need_it_and_no_other() -> None:
    received = {
        secret: {name for name in services() if secret in settings_of(name)} for secret in HOLDERS
    }

    assert received == HOLDERS


def test_every_setting_that_looks_like_a_secret_is_listed_above() -> None:
    named = set(settings_to_fill_in()).union(*map(settings_of, services()))
    secret = {
        name for name in named if name.endswith(("PASSWORD", "TOKEN", "PREVIOUS", "KEY", "_URL"))
    }

    assert secret - HOLDERS.keys() == {
        "AWS_ENDPOINT_URL",
        "TELEGRAM_API_URL",
        "TG_EVENTS_QUEUE_URL",
    }


def test_no_service_receives_a_whole_file_or_the_shell_s_variables() -> None:
    assert services().keys() == ALL
    for name, service in services().items():
        assert "env_file" not in service, name
        assert all(isinstance(value, str) for value in variables_of(name).values()), name


def test_a_service_reaches_those_that_it_needs_and_no_other() -> None:
    members = {
        network: {name for name, service in services().items() if network in service["networks"]}
        for network in compose()["networks"]
    }

    assert members == NETWORKS


def test_only_what_must_talk_to_the_outside_has_a_way_out() -> None:
    networks = compose()["networks"].items()

    assert {name for name, each in networks if not each.get("internal")} == WITH_A_WAY_OUT


def test_every_service_is_confined() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        mounted = [each.partition(":")[2] for each in service.get("volumes", [])]
        temporary = [each.partition(":")[0] for each in service["tmpfs"]]
        assert "/tmp" in {*mounted, *temporary}, name  # noqa: S108 - a container's own


def test_every_image_has_an_exact_version_and_can_be_pinned_by_digest() -> None:
    images = {service["image"] for service in services().values()} - {"tg-pipeline"}
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", dockerfile, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) - stages
    arguments = services()["code"]["build"]["args"]

    assert bases == {"${PYTHON_IMAGE}"}
    for image in {*images, arguments["PYTHON_IMAGE"]}:
        (name,) = names_in(image)
        assert settings_to_fill_in()[name] == ""
        tag = fill_in(image, {}).rpartition(":")[2]
        assert tag.count(".") >= 1, image
        assert fill_in(image, {name: "image@sha256:0"}) == "image@sha256:0"


def test_the_services_start_with_the_example_and_its_secrets_filled_in() -> None:
    example = settings_to_fill_in()
    filled_in = example | {
        **{name: "x" * 40 for name in HOLDERS if name in example},
        "TELEGRAM_BOT_TOKEN": "7:AAF",
        "TELEGRAM_BOT_ID": "7",
        "TG_ALERT_URL": "https://alerts.example.org/x",
    }

    for name in ("code", *sorted(INGESTION)):
        environment = {key: fill_in(value, filled_in) for key, value in variables_of(name).items()}
        assert Settings.from_environment(environment, Path("/nowhere")).bot_id == 7
    for name in services():
        for value in variables_of(name).values():
            fill_in(value, filled_in)
    with pytest.raises(AssertionError, match="is not set"):
        fill_in(variables_of("postgres")["POSTGRES_PASSWORD"], example)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


def test_each_user_of_the_s3_server_may_do_what_its_service_does(server: str) -> None:
    # Given one of the buckets already, and a folder in the landing zone's
    client_of(server, "s3").create_bucket(Bucket="logs")
    variables = {
        key: fill_in(value, settings_to_fill_in() | {"ROOT_SECRET_ACCESS_KEY": "x"})
        for key, value in variables_of("buckets").items()
    }
    environment = (
        os.environ
        | variables
        | {
            "AWS_ENDPOINT_URL": server,
            "TG_LANDING_URI": "s3://landing/bot",
        }
    )

    # When the service runs
    subprocess.run([sys.executable, str(DEPLOY / "buckets.py")], env=environment, check=True)

    # Then each user has its own permissions
    allowed = {
        (user, action.removeprefix("s3:"), resource.removeprefix("arn:aws:s3:::"))
        for bucket in ("landing", "lake", "logs")
        for each in _policy(server, bucket)
        for user in each["Principal"]["AWS"]
        for action in each["Action"]
        for resource in each["Resource"]
    }
    assert {each[1:] for each in allowed if each[0] == "ingest"} == {
        ("ListBucket", "landing"),
        *(
            ("PutObject", f"landing/bot/{prefix}/*")
            for prefix in ("telegram", "rejected", "chats", "bots", "gaps")
        ),
    }
    assert {each[1:] for each in allowed if each[0] == "ui"} == {
        ("ListBucket", "logs"),
        ("GetObject", "logs/*"),
    }
    for bucket in ("landing", "lake", "logs"):
        assert ("pipeline", "PutObject", f"{bucket}/*") in allowed


def _policy(server: str, bucket: str) -> list[dict[str, Any]]:
    document = json.loads(client_of(server, "s3").get_bucket_policy(Bucket=bucket)["Policy"])
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


def values() -> dict[str, Any]:
    """Return the values for Dagster's chart."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())
    return found


def test_the_chart_uses_no_default_password() -> None:
    """The chart's own Postgres has the password `test`."""
    postgres = values()["postgresql"]

    assert postgres["enabled"] is False
    assert "postgresqlPassword" not in postgres
    assert values()["generatePostgresqlPasswordSecret"] is False
    assert values()["global"]["postgresqlSecretName"] == "tg-pipeline-postgres"


def test_pods_that_run_code_have_the_secrets_and_the_daemon_has_none() -> None:
    (code,) = values()["dagster-user-deployments"]["deployments"]

    assert code["envSecrets"] == [{"name": "tg-pipeline"}]
    assert "envSecrets" not in values()["dagsterDaemon"]


def test_pods_are_confined() -> None:
    (code,) = values()["dagster-user-deployments"]["deployments"]

    for pod in (code, values()["dagsterDaemon"]):
        assert pod["podSecurityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }


def test_only_dagster_s_pods_reach_the_code_server() -> None:
    text = (DEPLOY / "kubernetes" / "network-policies.yaml").read_text()
    policies = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(text)}
    (rule,) = policies["tg-pipeline-code"]["ingress"]

    assert "ingress" not in policies["tg-pipeline-nobody"]
    assert policies["tg-pipeline-nobody"]["policyTypes"] == ["Ingress"]
    assert {each["podSelector"]["matchLabels"]["component"] for each in rule["from"]} == {
        "dagster-webserver",
        "dagster-daemon",
    }
