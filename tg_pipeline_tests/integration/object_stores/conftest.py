"""The same tests on every kind of store, chosen by `--tier`: by default all but Ceph."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import dagster as dg
import pytest
from obstore.store import ObjectStore

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.integration.object_stores.shell import Shell
from tg_pipeline_tests.integration.object_stores.tier import (
    CEPH,
    TIERS,
    S3Server,
    Tier,
    running,
)

NOT_CHOSEN: Final = "not chosen"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tier", action="append", choices=TIERS, help="a kind of store")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tiers(*names): the kinds of stores of a test")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tier" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("tier", None) or set(TIERS) - {CEPH}
        marker = metafunc.definition.get_closest_marker("tiers")
        tiers = marker.args if marker else TIERS
        names: list[object] = [name for name in tiers if name in chosen]
        metafunc.parametrize("tier", names or [NOT_CHOSEN], indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of kinds of stores that were not chosen."""
    others = [each for each in items if isinstance(each, pytest.Function) and _is_other(each)]
    config.hook.pytest_deselected(items=others)
    items[:] = [each for each in items if each not in others]


def _is_other(test: pytest.Function) -> bool:
    return hasattr(test, "callspec") and test.callspec.params.get("tier") == NOT_CHOSEN


@pytest.fixture(scope="session")
def tier(request: pytest.FixtureRequest) -> Iterator[Tier]:
    with running(request.param) as opened:
        yield opened


@pytest.fixture
def server(tier: Tier) -> S3Server:
    assert tier.server
    return tier.server


@pytest.fixture
def new_root(tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    folders = (tmp_path / str(number) for number in count())
    return lambda: tier.new_root(next(folders), monkeypatch)


@pytest.fixture
def uri(new_root: Callable[[], str]) -> str:
    return new_root()


@pytest.fixture
def landing(uri: str) -> ObjectStore:
    return open_object_store(uri)


@pytest.fixture
def lake(uri: str) -> Lake:
    return Lake(uri)


@pytest.fixture
def pipeline(uri: str, tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path, uri)


@pytest.fixture
def new_pipeline(new_root: Callable[[], str], tmp_path: Path) -> Callable[[], Pipeline]:
    return lambda: Pipeline(tmp_path, new_root())


@pytest.fixture
def house(pipeline: Pipeline) -> Iterator[House]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(pipeline, instance)


@pytest.fixture
def shell(tmp_path: Path, uri: str) -> Shell:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return Shell(tmp_path, uri)
