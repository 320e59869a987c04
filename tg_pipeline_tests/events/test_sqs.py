"""Messages are received from SQS and deleted; errors are one sentence."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tg_pipeline.events.queue import DrainLimits, drain
from tg_pipeline.events.sqs import SqsQueue, open_queue
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline_tests.fakes.sqs import SqsServer


def test_a_message_is_received_again_unless_it_is_deleted(sqs: SqsServer) -> None:
    # Given two messages in a queue, and a reader with a visibility timeout of 0
    url = sqs.queue()
    sqs.send(url, "one", "two")
    queue = open_queue(url, visibility_timeout=0)

    first = queue.receive()
    assert sorted(message.body for message in first) == ["one", "two"]
    queue.delete([message for message in first if message.body == "one"])

    assert [message.body for message in queue.receive()] == ["two"]


def test_a_message_in_flight_is_invisible_whatever_the_queue_s_own_timeout(sqs: SqsServer) -> None:
    url = sqs.queue(visibility=0)
    sqs.send(url, "one")

    assert len(open_queue(url).receive()) == 1
    assert open_queue(url).receive() == []
    assert sqs.left(url) == 1


def test_many_messages_are_received_and_deleted_in_batches(sqs: SqsServer) -> None:
    url = sqs.queue()
    sqs.send(url, *(str(number) for number in range(25)))

    assert drain(open_queue(url), lambda _: None, DrainLimits()).received >= 25
    assert sqs.left(url) == 0


def test_an_endpoint_set_for_s3_is_not_used(
    sqs: SqsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqs.queue()
    sqs.send(url, "one")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert [message.body for message in open_queue(url).receive()] == ["one"]


def test_a_missing_queue_is_one_sentence(sqs: SqsServer) -> None:
    url = f"{sqs.endpoint}/123456789012/nowhere"

    with pytest.raises(EventsQueueError) as error:
        open_queue(url).receive()

    assert str(error.value) == (
        f"The events queue {url} refuses ReceiveMessage: there is no such queue: check "
        "TG_EVENTS_QUEUE_URL (output EventsQueueUrl)"
    )


@pytest.mark.usefixtures("sqs")
@pytest.mark.parametrize("url", ["http://127.0.0.1:9/events", "http://", "http://no host/x"])
def test_an_unusable_url_is_one_sentence(url: str) -> None:
    with pytest.raises(EventsQueueError, match="can't be used: ") as error:
        open_queue(url).receive()

    assert len(str(error.value).splitlines()) == 1


def test_missing_credentials_are_one_sentence(
    sqs: SqsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(EventsQueueError, match="no AWS credentials were found: set AWS_PROFILE"):
        open_queue(sqs.queue()).receive()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", "the credentials are not allowed to call ReceiveMessage: attach the"),
        ("UnrecognizedClientException", "the access key is unknown"),
        ("OverLimit", "Too many of them (OverLimit)"),
    ],
)
def test_a_refused_request_is_one_sentence(code: str, reason: str) -> None:
    class Refusing:
        def receive_message(self, **_: object) -> None:
            response = {"Error": {"Code": code, "Message": "Too many of them."}}
            raise ClientError(response, "ReceiveMessage")  # type: ignore[arg-type]

    queue = SqsQueue(Refusing(), "https://q", wait_seconds=0, visibility_timeout=0)
    sentence = f"The events queue https://q refuses ReceiveMessage: .*{re.escape(reason)}"

    with pytest.raises(EventsQueueError, match=f"^{sentence}"):
        queue.receive()
