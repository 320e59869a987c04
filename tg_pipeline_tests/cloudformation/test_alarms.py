"""An alarm for each thing that needs a person, on metrics that exist."""

from typing import Any

import pytest

from lambda_ingest.metrics import COUNTS, NAMESPACE
from tg_pipeline_tests.cloudformation.documents import shaped
from tg_pipeline_tests.cloudformation.shapes import Template

ALARM = "AWS::CloudWatch::Alarm"


def alarms_of(resources: Template) -> dict[str, dict[str, Any]]:
    return {n: each["Properties"] for n, each in resources.items() if each["Type"] == ALARM}


def test_each_alarm_watches_what_the_docs_say(batch: Template) -> None:
    watched = {name: each["MetricName"] for name, each in alarms_of(batch).items()}

    assert watched == {
        "FunctionErrorsAlarm": "Errors",
        "FunctionThrottlesAlarm": "Throttles",
        "ApiErrorsAlarm": "5xx",
        "FailedAlarm": "failed",
        "UnauthorizedAlarm": "unauthorized",
        "EventsDeadLettersAlarm": "ApproximateNumberOfMessagesVisible",
        "EventsAgeAlarm": "ApproximateAgeOfOldestMessage",
        "UpdatesDeadLettersAlarm": "ApproximateNumberOfMessagesVisible",
        "UpdatesAgeAlarm": "ApproximateAgeOfOldestMessage",
    }


def test_the_door_s_own_metrics_are_those_that_it_writes(single: Template) -> None:
    own = [each for each in alarms_of(single).values() if each["Namespace"] == NAMESPACE]

    assert {each["MetricName"] for each in own} == {"failed", "unauthorized"} <= set(COUNTS)
    for each in own:
        assert each["Dimensions"] == [{"Name": "bot_id", "Value": "7"}]


def test_silence_is_no_alarm(batch: Template) -> None:
    assert {each["TreatMissingData"] for each in alarms_of(batch).values()} == {"notBreaching"}


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, None),
        ({"AlarmEmail": "me@example.org"}, [{"Ref": "AlarmTopic"}]),
        ({"AlarmTopicArn": "arn:aws:sns:us-east-1:1:mine"}, ["arn:aws:sns:us-east-1:1:mine"]),
        (
            {"AlarmTopicArn": "arn:aws:sns:us-east-1:1:mine", "AlarmEmail": "me@example.org"},
            ["arn:aws:sns:us-east-1:1:mine"],
        ),
    ],
    ids=str,
)
def test_alarms_are_told_to_a_topic_of_yours_or_to_an_address_or_to_nobody(
    chosen: dict[str, str], told: list[Any] | None
) -> None:
    resources = shaped(**chosen)["Resources"]

    for alarm in alarms_of(resources).values():
        assert alarm.get("AlarmActions") == told
    assert ("AlarmTopic" in resources) == (told == [{"Ref": "AlarmTopic"}])
