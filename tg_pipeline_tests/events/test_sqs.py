"""Messages taken from SQS: lent, deleted, lent again; and what is wrong said in one sentence."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tg_pipeline.events.queue import DrainLimits, drain
from tg_pipeline.events.sqs import SqsQueue, open_queue
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline_tests.events.sqs_server import SqsServer
from tg_pipeline_tests.fakes.ports import free_port


def test_a_message_is_lent_and_comes_again_unless_it_is_deleted(sqs: SqsServer) -> None:
    # Given two messages in a queue, and a reader that borrows them for no time at all
    url = sqs.queue()
    sqs.send(url, "one", "two")
    queue = open_queue(url, lent_seconds=0)

    # When one is deleted
    first = queue.receive()
    assert sorted(message.body for message in first) == ["one", "two"]
    queue.delete([message for message in first if message.body == "one"])

    # Then only the other comes again
    assert [message.body for message in queue.receive()] == ["two"]


def test_a_message_that_is_lent_is_not_lent_twice_at_a_time(sqs: SqsServer) -> None:
    url = sqs.queue(visibility=0)
    sqs.send(url, "one")

    assert len(open_queue(url).receive()) == 1
    assert open_queue(url).receive() == []
    assert sqs.left(url) == 1


def test_a_message_lent_five_times_in_vain_goes_to_the_dead_letters(sqs: SqsServer) -> None:
    dead_letters = sqs.queue()
    url = sqs.queue(dead_letters=dead_letters)
    sqs.send(url, "one")
    queue = open_queue(url, lent_seconds=0)

    lent = [len(queue.receive()) for _ in range(6)]

    assert lent == [1, 1, 1, 1, 1, 0]
    assert (sqs.left(url), sqs.left(dead_letters)) == (0, 1)


def test_many_messages_are_taken_and_deleted_in_tens(sqs: SqsServer) -> None:
    url = sqs.queue()
    sqs.send(url, *(str(number) for number in range(65)))

    assert drain(open_queue(url), lambda _: None, DrainLimits()).received >= 65
    assert sqs.left(url) == 0


def test_the_queue_s_own_address_is_asked_whatever_endpoint_is_set_for_s3(
    sqs: SqsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqs.queue()
    sqs.send(url, "one")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert [message.body for message in open_queue(url).receive()] == ["one"]


def test_a_queue_that_is_not_there_is_one_sentence(sqs: SqsServer) -> None:
    url = f"{sqs.endpoint}/123456789012/nowhere"

    with pytest.raises(EventsQueueError) as error:
        open_queue(url).receive()

    assert str(error.value) == (
        f"The events queue {url}: there is no such queue: check TG_EVENTS_QUEUE_URL "
        "(output EventsQueueUrl)."
    )


@pytest.mark.usefixtures("sqs")
def test_an_address_where_nobody_answers_is_one_sentence() -> None:
    url = f"http://127.0.0.1:{free_port()}/123456789012/events"

    with pytest.raises(EventsQueueError, match="can't be asked: Could not connect") as error:
        open_queue(url).receive()

    assert len(str(error.value).splitlines()) == 1


@pytest.mark.usefixtures("sqs")
@pytest.mark.parametrize("url", ["http://", "https://:80/x", "http://no host/x"])
def test_an_address_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(EventsQueueError, match="can't be asked: ") as error:
        open_queue(url).receive()

    assert len(str(error.value).splitlines()) == 1


def test_no_credentials_are_one_sentence(
    sqs: SqsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(EventsQueueError, match="no AWS credentials are found: set AWS_PROFILE"):
        open_queue(sqs.queue()).receive()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "the credentials may not ReceiveMessage: attach the stack's policy"),
        ("ExpiredToken", "the session has expired: log in again"),
        ("UnrecognizedClientException", "the access key is not known there"),
        ("SignatureDoesNotMatch", "the secret is not that of the access key"),
        ("OverLimit", "ReceiveMessage is refused: Too many of them (OverLimit)."),
    ],
)
def test_what_aws_refuses_is_one_sentence_that_says_what_to_do(code: str, said: str) -> None:
    class Refusing:
        def receive_message(self, **_: object) -> None:
            answer = {"Error": {"Code": code, "Message": "Too many of them."}}
            raise ClientError(answer, "ReceiveMessage")  # type: ignore[arg-type]

    with pytest.raises(EventsQueueError) as error:
        SqsQueue(Refusing(), "https://q", wait_seconds=0, lent_seconds=0).receive()

    assert said in str(error.value)
    assert str(error.value).startswith("The events queue https://q: ")
