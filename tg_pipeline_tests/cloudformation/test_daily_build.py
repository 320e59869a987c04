"""DailyBuild=Fargate: a task at the hour of Dagster's schedule, one every hour, and no queue."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tg_pipeline.cli.main import COMMANDS
from tg_pipeline.defs.updates.schedules import DAILY_CRON
from tg_pipeline.settings import Settings
from tg_pipeline_tests.cloudformation.deployment import Deployment, deploy
from tg_pipeline_tests.cloudformation.template import (
    CHECKOUT,
    PARAMETERS,
    SECRETS,
    SHAPES,
    Template,
    container_of_the_task,
    grants_of,
    grants_of_role,
    refusals,
    shaped,
    variables_of_the_task,
    who_may_assume,
)
from tg_pipeline_tests.cloudformation.test_events import aws_cron
from tg_pipeline_tests.fakes.aws import client_of
from tg_pipeline_tests.integration.deployment.compose import variables_of

SCHEDULES: Final = ("BuildSchedule", "LateBuildSchedule")
ADDED: Final = {
    *("BuildCluster", "BuildLogs", "BuildSecurityGroup", "BuildTask", "BuildFailedRule"),
    *("BuildTaskRole", "BuildExecutionRole", "BuildScheduleRole", *SCHEDULES),
    *("AlarmTopic", "AlarmTopicPolicy", "Budget"),
}
QUEUE: Final = {"EventsQueue", "LandedRule", "DailySchedule", "ScheduleRole", "EventsAgeAlarm"}
TOKEN: Final = "7:a-token-of-the-tests-which-is-long-enough"  # noqa: S105 - made up

NOT_OF_A_TASK: Final = {
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"),
    *("TELEGRAM_API_URL", "TG_ALERT_URL", "TG_ALERT_HTTP", "TG_EVENTS_QUEUE_URL", "TG_PREVIEWS"),
    *("TG_ATHENA_DATABASE", "TG_ATHENA_WORKGROUP", "TG_ATHENA_REGISTER", "TG_SEAL_AFTER_DAYS"),
    *("TG_MEANINGS", "TG_TOPICS"),  # its image has no encoder, and its disk no files
    "TG_WORKERS",  # its processor is half a core
}
"""Settings of a code server for keys, other servers than AWS's and Telegram's, and its daemon."""


BUCKETS: Final = {"RawBucket": "a-raw-bucket", "EnrichedBucket": "an-enriched-bucket"}


@pytest.fixture(scope="module")
def container(fargate: Template) -> Template:
    return container_of_the_task(fargate)


def test_tasks_take_the_place_of_the_events_queue(single: Template, fargate: Template) -> None:
    assert fargate.keys() - single.keys() == ADDED
    assert single.keys() - fargate.keys() == QUEUE
    assert "NotificationConfiguration" not in fargate["RawBucket"]["Properties"]
    assert "TakeEvents" not in json.dumps(fargate["DagsterPolicy"])


def test_the_daily_task_starts_at_dagster_s_hour_and_the_other_one_between(
    fargate: Template,
) -> None:
    daily, late = (fargate[name]["Properties"] for name in SCHEDULES)

    assert daily["ScheduleExpression"] == aws_cron(DAILY_CRON)
    assert late["ScheduleExpression"] == aws_cron("30 * * * *")
    for each in (daily, late):
        assert each["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
        assert each["FlexibleTimeWindow"] == {"Mode": "OFF"}
        # A start that is refused is given up before the next schedule
        assert each["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] < 30 * 60
        assert each["Target"]["DeadLetterConfig"] == {
            "Arn": {"Fn::GetAtt": ["EventsDeadLetters", "Arn"]}
        }


def test_both_start_one_task_in_public_subnets(fargate: Template) -> None:
    for name in SCHEDULES:
        parameters = fargate[name]["Properties"]["Target"]["EcsParameters"]
        network = parameters["NetworkConfiguration"]["AwsvpcConfiguration"]

        assert parameters["TaskDefinitionArn"] == {"Ref": "BuildTask"}
        assert (parameters["LaunchType"], parameters["TaskCount"]) == ("FARGATE", 1)
        assert network["AssignPublicIp"] == "ENABLED"
        assert network["Subnets"] == ["subnet-1", "subnet-2"]
    (way_out,) = fargate["BuildSecurityGroup"]["Properties"]["SecurityGroupEgress"]
    assert (way_out["FromPort"], way_out["ToPort"]) == (443, 443)
    assert "SecurityGroupIngress" not in fargate["BuildSecurityGroup"]["Properties"]


def test_the_commands_are_the_image_s_and_end_in_time(
    fargate: Template, container: Template
) -> None:
    image = (CHECKOUT / "deploy" / "Dockerfile").read_text()
    limit = yaml.safe_load((CHECKOUT / "deploy" / "dagster.yaml").read_text())["run_monitoring"]
    overrides = json.loads(fargate["LateBuildSchedule"]["Properties"]["Target"]["Input"])
    (override,) = overrides["containerOverrides"]
    command = container["Command"]

    assert f"CMD {json.dumps(command)}" in image
    assert override == {"name": container["Name"], "command": [*command, "--recent"]}
    assert command[-2:] == ["tg-pipeline", "daily"]
    assert "daily" in COMMANDS
    assert command[2] == str(limit["max_runtime_seconds"])


def test_the_task_has_a_user_without_rights_and_one_folder_to_write_to(
    fargate: Template, container: Template
) -> None:
    image = (CHECKOUT / "deploy" / "Dockerfile").read_text()
    (mount,) = container["MountPoints"]

    assert container["ReadonlyRootFilesystem"] is True
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert f"useradd --system --uid {container['User']} " in image
    assert f"\nVOLUME {mount['ContainerPath']}\nENV TMPDIR={mount['ContainerPath']}\n" in image
    assert fargate["BuildTask"]["Properties"]["Volumes"] == [{"Name": mount["SourceVolume"]}]


def test_its_variables_are_valid_settings_and_no_secret_is_among_them(
    fargate: Template, container: Template, tmp_path: Path
) -> None:
    secrets = {each["Name"]: TOKEN for each in container["Secrets"]}
    variables = variables_of_the_task(fargate, BUCKETS)
    settings = Settings.from_environment(variables | secrets, tmp_path)

    assert (settings.landing_uri, settings.lake_uri) == (
        "s3://a-raw-bucket",
        "s3://an-enriched-bucket",
    )
    assert settings.timezone == "America/Sao_Paulo"
    assert (settings.admin.chat_id, settings.admin.digest) == ("-1001234567890", "day")
    assert settings.token is not None
    assert settings.ingest.privacy_key is not None
    assert settings.privacy.keep_days.landing == 30
    assert {each["Name"]: each["ValueFrom"] for each in container["Secrets"]} == {
        "TELEGRAM_BOT_TOKEN": f"{SECRETS}:my-bot/token-AbCdEf:bot_token::",
        "TG_PRIVACY_KEY": f"{SECRETS}:my-bot/privacy-AbCdEf:privacy_key::",
    }


def test_the_task_has_every_setting_of_a_code_server_but_those_of_its_machine() -> None:
    all_set = SHAPES["fargate"] | dict.fromkeys(
        ("KeepDaysRaw", "KeepDaysEnriched", "KeepDaysMarts"), "30"
    )
    resources = shaped(**all_set)["Resources"]
    given = {*variables_of_the_task(resources, BUCKETS), "TELEGRAM_BOT_TOKEN", "TG_PRIVACY_KEY"}
    wanted = {name for name in variables_of("code") if not name.startswith("DAGSTER_")}

    assert wanted - given == NOT_OF_A_TASK


def test_without_secrets_and_retention_the_task_has_none() -> None:
    plain = {name: SHAPES["fargate"][name] for name in SHAPES["fargate"] if "Build" in name}
    resources = shaped(**plain)["Resources"]

    assert container_of_the_task(resources)["Secrets"] == []
    assert not [name for name in variables_of_the_task(resources, BUCKETS) if "KEEP" in name]
    assert "secretsmanager" not in json.dumps(resources["BuildExecutionRole"])
    assert "BuildFailedRule" not in resources  # there is nobody to tell


@pytest.mark.parametrize("kept", [{}, {"KeepDaysLanding": "30"}, {"KeepDaysMarts": "30"}], ids=str)
def test_the_task_may_do_on_the_buckets_what_dagster_may_and_nothing_else(
    kept: dict[str, str],
) -> None:
    resources = shaped(**(SHAPES["fargate"] | {"KeepDaysLanding": "0"} | kept))["Resources"]
    of_dagster = grants_of(resources["DagsterPolicy"])

    assert grants_of_role(resources, "BuildTaskRole") == {
        each for each in of_dagster if each.startswith("s3:")
    }
    assert "s3:PutObject on ${RawBucket.Arn}/*" not in of_dagster


def test_ecs_may_pull_the_image_write_the_log_and_read_the_secrets(fargate: Template) -> None:
    pulled = "arn:aws:ecr:us-east-1:123456789012:repository/tg-pipeline"

    assert grants_of_role(fargate, "BuildExecutionRole") == {
        "ecr:GetAuthorizationToken on *",
        f"ecr:BatchCheckLayerAvailability on {pulled}",
        f"ecr:BatchGetImage on {pulled}",
        f"ecr:GetDownloadUrlForLayer on {pulled}",
        "logs:CreateLogStream on ${BuildLogs.Arn}",
        "logs:PutLogEvents on ${BuildLogs.Arn}",
        f"secretsmanager:GetSecretValue on {SECRETS}:my-bot/token-AbCdEf",
        f"secretsmanager:GetSecretValue on {SECRETS}:my-bot/privacy-AbCdEf",
    }


def test_the_scheduler_may_run_this_task_in_this_cluster_with_its_two_roles(
    fargate: Template,
) -> None:
    in_the_cluster = json.dumps(
        {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": ["BuildCluster", "Arn"]}}}
    )
    to_ecs = json.dumps({"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})

    assert grants_of_role(fargate, "BuildScheduleRole") == {
        f"ecs:RunTask on ${{BuildTask}} if {in_the_cluster}",
        f"iam:PassRole on ${{BuildTaskRole.Arn}} if {to_ecs}",
        f"iam:PassRole on ${{BuildExecutionRole.Arn}} if {to_ecs}",
        "sqs:SendMessage on ${EventsDeadLetters.Arn}",
    }


@pytest.mark.parametrize(
    ("role", "service", "arn"),
    [
        ("BuildTaskRole", "ecs-tasks", "arn:aws:ecs:us-east-1:123456789012:*"),
        ("BuildExecutionRole", "ecs-tasks", "arn:aws:ecs:us-east-1:123456789012:*"),
        (
            "BuildScheduleRole",
            "scheduler",
            {"Fn::Sub": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/${ScheduleGroup}"},
        ),
    ],
)
def test_only_this_account_s_tasks_and_schedules_assume_the_roles(
    fargate: Template, role: str, service: str, arn: Any
) -> None:
    (statement,) = who_may_assume(fargate, role)
    (of_arn,) = (value for name, value in statement["Condition"].items() if name != "StringEquals")

    assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert of_arn == {"aws:SourceArn": arn}


def stopped(stop_code: str, *exit_codes: int) -> Template:
    """Return what ECS says about a task that stopped; a container that never ran has no code.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    return {
        "clusterArn": "arn-of-the-cluster",
        "lastStatus": "STOPPED",
        "stopCode": stop_code,
        "containers": [{"name": "build", "exitCode": code} for code in exit_codes]
        or [{"name": "build"}],
    }


def matches(pattern: Template, event: Any) -> bool:
    """Return whether EventBridge matches the part of a pattern that this rule has.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if isinstance(event, list):
        return any(matches(pattern, each) for each in event)
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, dict):
            if not matches(wanted, event.get(name, {})):
                return False
        elif not any(_accepts(each, event, name) for each in wanted):
            return False
    return True


def _accepts(wanted: Any, event: Template, name: str) -> bool:
    if isinstance(wanted, dict):
        return name in event and event[name] != wanted["anything-but"]
    return bool(event.get(name) == wanted)


FAILED: Final = [
    stopped("EssentialContainerExited", 1),
    stopped("EssentialContainerExited", 124),  # the time limit
    stopped("EssentialContainerExited", 137),  # out of memory
    stopped("TaskFailedToStart"),  # no such image, no such secret
    stopped("SpotInterruption", 143),
]
NOT_FAILED: Final = [
    stopped("EssentialContainerExited", 0),
    stopped("EssentialContainerExited", 1) | {"clusterArn": "another"},
    stopped("TaskFailedToStart") | {"lastStatus": "PENDING"},
]


def test_a_task_that_fails_or_can_not_start_is_told_and_no_other(fargate: Template) -> None:
    pattern = fargate["BuildFailedRule"]["Properties"]["EventPattern"]
    of_the_cluster = [{"Fn::GetAtt": ["BuildCluster", "Arn"]}]
    wanted = pattern["detail"] | {"clusterArn": ["arn-of-the-cluster"]}

    assert (pattern["source"], pattern["detail-type"]) == (["aws.ecs"], ["ECS Task State Change"])
    assert pattern["detail"]["clusterArn"] == of_the_cluster
    assert [each for each in FAILED if not matches(wanted, each)] == []
    assert [each for each in NOT_FAILED if matches(wanted, each)] == []


def test_the_topic_accepts_alarms_and_that_rule_and_nobody_else(fargate: Template) -> None:
    of_the_account = json.dumps({"StringEquals": {"aws:SourceAccount": "123456789012"}})
    of_the_rule = json.dumps(
        {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["BuildFailedRule", "Arn"]}}}
    )

    assert fargate["AlarmTopicPolicy"]["Properties"]["Topics"] == [{"Ref": "AlarmTopic"}]
    assert grants_of(fargate["AlarmTopicPolicy"]) == {
        f"cloudwatch.amazonaws.com sns:Publish on ${{AlarmTopic}} if {of_the_account}",
        f"events.amazonaws.com sns:Publish on ${{AlarmTopic}} if {of_the_rule}",
    }


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, []),
        ({"BuildImageTag": ""}, ["needs BuildImageTag"]),
        ({"BuildVpcId": ""}, ["needs BuildVpcId"]),
        ({"BuildSubnetIds": ""}, ["needs BuildVpcId"]),
        ({"PrivacyKeySecretArn": ""}, ["builds would not forget"]),
        ({"BotTokenSecretArn": ""}, ["needs BotTokenSecretArn"]),
        ({"AdminChatId": ""}, ["Digest needs AdminChatId"]),
    ],
    ids=str,
)
def test_what_a_task_needs_must_be_given(
    written: Template, changed: dict[str, str], refused: list[str]
) -> None:
    said = refusals(written, PARAMETERS | SHAPES["fargate"] | changed)

    assert len(said) == len(refused)
    assert all(expected in each for each, expected in zip(said, refused, strict=True))


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    networks = client_of(moto_endpoint, "ec2")
    (subnet, *_) = networks.describe_subnets()["Subnets"]
    network = {"BuildVpcId": subnet["VpcId"], "BuildSubnetIds": subnet["SubnetId"]}
    return deploy(moto_endpoint, "my-stack", **(SHAPES["fargate"] | network))


@pytest.mark.slow  # deploying to moto takes some seconds
def test_everything_that_the_schedules_name_exists_once_deployed(deployed: Deployment) -> None:
    """moto keeps no roles and no memory of a task, so it can't start one."""
    tasks, networks, roles = map(deployed.client, ("ecs", "ec2", "iam"))
    (cluster,) = tasks.describe_clusters(clusters=[deployed.outputs["BuildClusterName"]])[
        "clusters"
    ]

    for name in SCHEDULES:
        schedule = deployed.client("scheduler").get_schedule(GroupName="my-stack", Name=name)
        target = schedule["Target"]
        parameters = target["EcsParameters"]
        network = parameters["NetworkConfiguration"]["awsvpcConfiguration"]
        task = tasks.describe_task_definition(taskDefinition=parameters["TaskDefinitionArn"])
        definition = task["taskDefinition"]

        assert target["Arn"] == cluster["clusterArn"]
        assert parameters["TaskDefinitionArn"] == deployed.outputs["BuildTaskArn"]
        assert definition["family"] == "my-stack-build"
        (container,) = definition["containerDefinitions"]
        assert container["image"].endswith("/tg-pipeline:1")
        assert network["SecurityGroups"] == [deployed.outputs["BuildSecurityGroupId"]]
        assert networks.describe_security_groups(GroupIds=network["SecurityGroups"])
        assert networks.describe_subnets(SubnetIds=network["Subnets"])["Subnets"]
        name_of_role = target["RoleArn"].rpartition("/")[2]
        assert roles.get_role(RoleName=name_of_role)["Role"]["Arn"] == target["RoleArn"]
