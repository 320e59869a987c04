"""The events on AWS are those that Dagster expects, and alarms watch what needs a person."""

import json
from typing import Any

import pytest

from lambda_ingest.landing import LANDING_PREFIX
from lambda_ingest.settings import DEFAULT_TIMEZONE
from lambda_ingest.web.metrics import COUNTS, NAMESPACE
from tg_pipeline.defs.updates.schedules import DAILY_CRON
from tg_pipeline_tests.cloudformation.template import (
    Template,
    grants_of,
    grants_of_role,
    of_kind,
    shaped,
    who_may_assume,
)

TO_THE_QUEUE = {"Fn::GetAtt": ["EventsQueue", "Arn"]}
TO_THE_DEAD_LETTERS = {"Fn::GetAtt": ["EventsDeadLetters", "Arn"]}


def aws_cron(cron: str) -> str:
    """Convert a crontab line without a day of the week to EventBridge's format."""
    minute, hour, day, month, weekday = cron.split()
    assert weekday == "*"
    return f"cron({minute} {hour} {day} {month} ? *)"


def test_the_daily_event_has_dagster_s_cron_and_time_zone(single: Template) -> None:
    schedule = single["DailySchedule"]["Properties"]

    assert schedule["ScheduleExpression"] == aws_cron(DAILY_CRON)
    assert schedule["ScheduleExpressionTimezone"] == DEFAULT_TIMEZONE
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["TG_TIMEZONE"] == DEFAULT_TIMEZONE


def test_the_daily_event_contains_its_scheduled_time(single: Template) -> None:
    target = single["DailySchedule"]["Properties"]["Target"]

    assert target["Arn"] == TO_THE_QUEUE
    assert target["DeadLetterConfig"] == {"Arn": TO_THE_DEAD_LETTERS}
    assert json.loads(target["Input"]) == {
        "source": "aws.scheduler",
        "detail-type": "Scheduled Event",
        "time": "<aws.scheduler.scheduled-time>",
        "detail": {},
    }


def test_only_landed_updates_are_events(single: Template) -> None:
    rule = single["LandedRule"]["Properties"]

    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "RawBucket"}]},
            "object": {"key": [{"prefix": f"{LANDING_PREFIX}/"}]},
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == TO_THE_QUEUE
    assert target["DeadLetterConfig"] == {"Arn": TO_THE_DEAD_LETTERS}


def test_only_this_rule_may_send_events_to_the_queue(single: Template) -> None:
    only = (
        """events.amazonaws.com sqs:SendMessage on ${%s.Arn} if """
        """{"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["LandedRule", "Arn"]}}}"""
    )

    assert grants_of(single["EventsQueuesPolicy"]) == {
        only % "EventsQueue",
        only % "EventsDeadLetters",
    }


def test_only_this_schedule_may_assume_its_role_and_send_its_event(single: Template) -> None:
    (statement,) = who_may_assume(single, "ScheduleRole")

    assert grants_of_role(single, "ScheduleRole") == {
        "sqs:SendMessage on ${EventsQueue.Arn}",
        "sqs:SendMessage on ${EventsDeadLetters.Arn}",
    }
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"] == {
        "aws:SourceArn": {
            "Fn::Sub": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/${ScheduleGroup}"
        }
    }
    assert single["DailySchedule"]["Properties"]["GroupName"] == {"Ref": "ScheduleGroup"}


ALARM = "AWS::CloudWatch::Alarm"


def alarms_of(resources: Template) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in of_kind(resources, ALARM).items()}


def test_each_alarm_watches_its_metric(batch: Template) -> None:
    watched = {name: each["MetricName"] for name, each in alarms_of(batch).items()}

    assert watched == {
        "FunctionErrorsAlarm": "Errors",
        "FunctionThrottlesAlarm": "Throttles",
        "ApiErrorsAlarm": "5XXError",
        "FailedAlarm": "failed",
        "PrivacyFailedAlarm": "privacy_failed",
        "UnauthorizedAlarm": "unauthorized",
        "RefusedAlarm": "4XXError",
        "EventsDeadLettersAlarm": "ApproximateNumberOfMessagesVisible",
        "EventsAgeAlarm": "ApproximateAgeOfOldestMessage",
        "UpdatesDeadLettersAlarm": "ApproximateNumberOfMessagesVisible",
        "UpdatesAgeAlarm": "ApproximateAgeOfOldestMessage",
    }
    assert {each["TreatMissingData"] for each in alarms_of(batch).values()} == {"notBreaching"}


def test_alarms_on_own_metrics_use_the_names_that_the_function_logs(
    shapes: dict[str, Template],
) -> None:
    alarms = alarms_of(shapes["function-url"]["Resources"]).values()
    own = [each for each in alarms if each["Namespace"] == NAMESPACE]

    names = {each["MetricName"] for each in own}
    assert names == {"failed", "privacy_failed", "unauthorized", "refused"} <= set(COUNTS)
    for each in own:
        assert each["Dimensions"] == [{"Name": "bot_id", "Value": "7"}]


def test_alarms_of_the_api_watch_the_api_s_own_name(single: Template) -> None:
    watched = [each for each in alarms_of(single).values() if "ApiGateway" in each["Namespace"]]

    assert len(watched) == 2
    for each in watched:
        assert each["Dimensions"] == [{"Name": "ApiName", "Value": "tg-pipeline-webhook"}]
    assert single["WebhookApi"]["Properties"]["Name"] == "tg-pipeline-webhook"


@pytest.mark.parametrize(
    ("chosen", "subscriber"),
    [
        ({"AlarmEmail": "me@example.org"}, ("EMAIL", "me@example.org")),
        (
            {"AlarmTopicArn": "arn:aws:sns:us-east-1:1:mine"},
            ("SNS", "arn:aws:sns:us-east-1:1:mine"),
        ),
        ({"AlarmEmail": "me@example.org", "BudgetUSD": "0"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_budget_alarm_goes_where_alarms_go(
    chosen: dict[str, str], subscriber: tuple[str, str] | None
) -> None:
    budgets = of_kind(shaped(**chosen)["Resources"], "AWS::Budgets::Budget")

    told = {
        (each["SubscriptionType"], each["Address"])
        for budget in budgets.values()
        for notification in budget["Properties"]["NotificationsWithSubscribers"]
        for each in notification["Subscribers"]
    }
    assert told == ({subscriber} if subscriber else set())


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, None),
        ({"AlarmEmail": "me@example.org"}, [{"Ref": "AlarmTopic"}]),
        ({"AlarmTopicArn": "arn:aws:sns:us-east-1:1:mine"}, ["arn:aws:sns:us-east-1:1:mine"]),
    ],
    ids=str,
)
def test_alarms_are_sent_to_a_topic_an_address_or_nowhere(
    chosen: dict[str, str], told: list[Any] | None
) -> None:
    resources = shaped(**chosen)["Resources"]

    for alarm in alarms_of(resources).values():
        assert alarm.get("AlarmActions") == told
    topic = resources.get("AlarmTopic", {"Properties": {"Subscription": []}})
    addresses = [each["Endpoint"] for each in topic["Properties"]["Subscription"]]
    assert addresses == (["me@example.org"] if told == [{"Ref": "AlarmTopic"}] else [])
