"""What wakes the build on AWS is what wakes it in Dagster."""

import json

from lambda_ingest.landing import LANDING_PREFIX
from lambda_ingest.settings import DEFAULT_TIMEZONE
from tg_pipeline.defs.schedules import DAILY_CRON
from tg_pipeline_tests.cloudformation.grants import grants_of, grants_of_role, who_may_assume
from tg_pipeline_tests.cloudformation.shapes import Template

TO_THE_QUEUE = {"Fn::GetAtt": ["EventsQueue", "Arn"]}
TO_THE_DEAD_LETTERS = {"Fn::GetAtt": ["EventsDeadLetters", "Arn"]}


def aws_cron(cron: str) -> str:
    """Write a crontab line that names no day of the week as EventBridge does, with a year."""
    minute, hour, day, month, weekday = cron.split()
    assert weekday == "*"
    return f"cron({minute} {hour} {day} {month} ? *)"


def test_the_daily_tick_comes_at_dagster_s_hour_in_dagster_s_zone(single: Template) -> None:
    schedule = single["DailySchedule"]["Properties"]

    assert schedule["ScheduleExpression"] == aws_cron(DAILY_CRON)
    assert schedule["ScheduleExpressionTimezone"] == DEFAULT_TIMEZONE
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_function_counts_days_in_the_same_zone(single: Template) -> None:
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]

    assert variables["TG_TIMEZONE"] == DEFAULT_TIMEZONE


def test_the_tick_says_when_it_was_due(single: Template) -> None:
    target = single["DailySchedule"]["Properties"]["Target"]

    assert target["Arn"] == TO_THE_QUEUE
    assert target["DeadLetterConfig"] == {"Arn": TO_THE_DEAD_LETTERS}
    assert json.loads(target["Input"]) == {
        "source": "aws.scheduler",
        "detail-type": "Scheduled Event",
        "time": "<aws.scheduler.scheduled-time>",
        "detail": {},
    }


def test_an_update_that_lands_is_an_event_and_what_is_rejected_is_none(single: Template) -> None:
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


def test_only_this_rule_may_put_events_into_the_queue(single: Template) -> None:
    only = (
        """events.amazonaws.com sqs:SendMessage on ${%s.Arn} if """
        """{"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["LandedRule", "Arn"]}}}"""
    )

    assert grants_of(single["EventsQueuesPolicy"]) == {
        only % "EventsQueue",
        only % "EventsDeadLetters",
    }


def test_the_schedule_may_put_its_tick_and_nothing_else(single: Template) -> None:
    assert grants_of_role(single, "ScheduleRole") == {
        "sqs:SendMessage on ${EventsQueue.Arn}",
        "sqs:SendMessage on ${EventsDeadLetters.Arn}",
    }


def test_only_this_schedule_may_take_on_its_role(single: Template) -> None:
    (statement,) = who_may_assume(single, "ScheduleRole")

    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"] == {
        "aws:SourceArn": {
            "Fn::Sub": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/${ScheduleGroup}"
        }
    }
    assert single["DailySchedule"]["Properties"]["GroupName"] == {"Ref": "ScheduleGroup"}
