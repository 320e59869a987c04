"""The template in its shapes, and an AWS of a module's own to deploy it to."""

from collections.abc import Iterator

import pytest

from tg_pipeline_tests.cloudformation.documents import SHAPES, shaped, source
from tg_pipeline_tests.cloudformation.shapes import Template
from tg_pipeline_tests.fakes.aws import moto_server


@pytest.fixture(scope="session")
def written() -> Template:
    """The template as it is written."""
    return source()


@pytest.fixture(scope="session")
def shapes() -> dict[str, Template]:
    """The resources and outputs that there are, for each of the operator's choices."""
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
    """The resources where chats are filtered, updates forwarded, and alarms mailed."""
    resources: Template = shapes["everything"]["Resources"]
    return resources


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[str]:
    """The address of an AWS that holds nothing yet."""
    with moto_server() as endpoint:
        yield endpoint
