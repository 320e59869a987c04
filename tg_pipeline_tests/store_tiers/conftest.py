"""What is promised on a disk, on every other kind of store: the same tests, the same helpers.

`--tier` chooses; a cluster of Ceph takes its time to start, so it has to be asked for.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import dagster as dg
import pytest
from obstore.store import ObjectStore

from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.store_tiers.server import S3Server
from tg_pipeline_tests.store_tiers.shell import Shell
from tg_pipeline_tests.store_tiers.tier import CEPH, TIERS, Tier, running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tier", action="append", choices=TIERS, help="a kind of store")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test meet the tiers that were asked for, of those that its module names."""
    if "tier" in metafunc.fixturenames:
        asked = metafunc.config.getoption("tier", None) or set(TIERS) - {CEPH}
        meant = getattr(metafunc.module, "ON", TIERS)
        names: list[object] = [name for name in meant if name in asked]
        if not names:
            reason = f"only on {', '.join(meant)}, which was not asked for (make ceph)"
            names = [pytest.param("", marks=pytest.mark.skip(reason=reason))]
        metafunc.parametrize("tier", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def tier(request: pytest.FixtureRequest) -> Iterator[Tier]:
    with running(request.param) as opened:
        yield opened


@pytest.fixture
def server(tier: Tier) -> S3Server:
    assert tier.server
    return tier.server


@pytest.fixture
def new_place(tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Give a maker of places that share nothing."""
    folders = (tmp_path / str(number) for number in count())
    return lambda: tier.new_place(next(folders), monkeypatch)


@pytest.fixture
def uri(new_place: Callable[[], str]) -> str:
    return new_place()


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
def new_pipeline(new_place: Callable[[], str], tmp_path: Path) -> Callable[[], Pipeline]:
    return lambda: Pipeline(tmp_path, new_place())


@pytest.fixture
def house(pipeline: Pipeline) -> Iterator[House]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(pipeline, instance)


@pytest.fixture
def shell(tmp_path: Path, uri: str) -> Shell:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return Shell(tmp_path, uri)
