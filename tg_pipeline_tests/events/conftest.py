"""An SQS for the tests of a module."""

from collections.abc import Iterator

import pytest

from tg_pipeline_tests.fakes.aws import moto_settings
from tg_pipeline_tests.fakes.sqs import SqsServer, sqs_server


@pytest.fixture(scope="module")
def server() -> Iterator[SqsServer]:
    with sqs_server() as running:
        yield running


@pytest.fixture
def sqs(server: SqsServer, monkeypatch: pytest.MonkeyPatch) -> SqsServer:
    """Return the SQS, with credentials and a region set as an operator sets them."""
    for name, value in moto_settings(server.endpoint).items():
        if name != "AWS_ENDPOINT_URL":
            monkeypatch.setenv(name, value)
    return server
