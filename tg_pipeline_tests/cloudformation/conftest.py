"""The template with each choice of parameters, and an AWS per module to deploy it to."""

from collections.abc import Iterator

import pytest

from tg_pipeline_tests.cloudformation.template import SHAPES, Template, shaped, source
from tg_pipeline_tests.fakes.aws import moto_server


@pytest.fixture(scope="session")
def written() -> Template:
    """The template as it is written."""
    return source()


@pytest.fixture(scope="session")
def shapes() -> dict[str, Template]:
    """The resources and outputs for each choice of parameters."""
    return {name: shaped(**chosen) for name, chosen in SHAPES.items()}


@pytest.fixture(scope="session")
def single(shapes: dict[str, Template]) -> Template:
    """The resources by default."""
    resources: Template = shapes["single"]["Resources"]
    return resources


@pytest.fixture(scope="session")
def batch(shapes: dict[str, Template]) -> Template:
    """The resources of the batch mode."""
    resources: Template = shapes["batch"]["Resources"]
    return resources


@pytest.fixture(scope="session")
def everything(shapes: dict[str, Template]) -> Template:
    """The resources with a chat filter, forwarding, and alarms by mail."""
    resources: Template = shapes["everything"]["Resources"]
    return resources


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[str]:
    """The address of an empty AWS."""
    with moto_server() as endpoint:
        yield endpoint
