"""An SQS for the tests of a module."""

from collections.abc import Iterator

import pytest

from tg_pipeline_tests.fakes.sqs import REGION, SqsServer, sqs_server


@pytest.fixture(scope="module")
def server() -> Iterator[SqsServer]:
    with sqs_server() as running:
        yield running


@pytest.fixture
def sqs(server: SqsServer, monkeypatch: pytest.MonkeyPatch) -> SqsServer:
    """Return the SQS, with credentials and a region set as an operator sets them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_REGION", REGION)
    return server
