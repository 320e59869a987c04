"""The batch mode deployed to moto: the queue, its dead letters and its event source."""

from typing import Any

import pytest

from tg_pipeline_tests.cloudformation.deployment import Deployment, deploy


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    return deploy(moto_endpoint, "batches", Mode="Batch", BatchSize="1000")


@pytest.fixture(scope="module")
def queue(deployed: Deployment) -> dict[str, Any]:
    """The attributes of the queue of updates."""
    queues = deployed.client("sqs")
    (url,) = queues.list_queues(QueueNamePrefix="batches-UpdatesQueue")["QueueUrls"]
    held: dict[str, Any] = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes: dict[str, Any] = held["Attributes"]
    return attributes


def test_the_queue_accepts_a_mebibyte_and_keeps_it_for_14_days(queue: dict[str, Any]) -> None:
    assert queue["MaximumMessageSize"] == str(2**20)
    assert queue["MessageRetentionPeriod"] == str(14 * 24 * 60 * 60)
    assert queue["SqsManagedSseEnabled"] == "true"


def test_the_function_receives_batches(deployed: Deployment, queue: dict[str, Any]) -> None:
    (mapping,) = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    assert mapping["EventSourceArn"] == queue["QueueArn"]
    assert mapping["FunctionArn"].endswith(deployed.outputs["IngestFunctionName"])
    assert mapping["BatchSize"] == 1000


def test_buckets_are_named_after_the_stack_and_the_account(deployed: Deployment) -> None:
    assert deployed.outputs["RawBucketName"] == "batches-123456789012-raw"
    assert deployed.outputs["EnrichedBucketName"] == "batches-123456789012-enriched"
