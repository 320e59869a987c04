"""The template with each choice of parameters, and an AWS per module to deploy it to."""

from collections.abc import Iterator

import pytest

from tg_pipeline_tests.cloudformation.template import SHAPES, Template, shaped, source
from tg_pipeline_tests.fakes.aws import moto_server


@pytest.fixture(scope="session")
def written() -> Template:
    return source()


@pytest.fixture(scope="session")
def shapes() -> dict[str, Template]:
    return {name: shaped(**chosen) for name, chosen in SHAPES.items()}


@pytest.fixture(scope="session")
def single(shapes: dict[str, Template]) -> Template:
    resources: Template = shapes["single"]["Resources"]
    return resources


@pytest.fixture(scope="session")
def batch(shapes: dict[str, Template]) -> Template:
    resources: Template = shapes["batch"]["Resources"]
    return resources


@pytest.fixture(scope="session")
def everything(shapes: dict[str, Template]) -> Template:
    """The resources with a chat filter, forwarding, and alarms by mail."""
    resources: Template = shapes["everything"]["Resources"]
    return resources


@pytest.fixture(scope="session")
def fargate(shapes: dict[str, Template]) -> Template:
    """The resources with tasks that build the lake."""
    resources: Template = shapes["fargate"]["Resources"]
    return resources


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint
