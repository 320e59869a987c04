"""A landing zone and a lake, on a disk and in memory."""

from pathlib import Path

import pytest
from obstore.store import ObjectStore

from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.store import open_store


@pytest.fixture(params=["file", "memory"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (tmp_path / "store").as_uri() if request.param == "file" else f"memory://{tmp_path}"


@pytest.fixture
def landing(uri: str) -> ObjectStore:
    return open_store(uri)


@pytest.fixture
def lake(uri: str) -> Lake:
    return Lake(uri)
