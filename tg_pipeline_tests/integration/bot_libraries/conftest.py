"""Scenes for each library that a bot may be written with."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from lambda_ingest.store import open_store
from lambda_ingest.synthetic.updates import is_synthetic
from tg_pipeline.landing.zone import list_days
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.s3.bucket import OFTEN, Bucket, failing_bucket
from tg_pipeline_tests.fakes.s3.failing_proxy import TROUBLES
from tg_pipeline_tests.integration.bot_libraries.scene import Scene, playing

SEED = 20_261_007


@pytest.fixture(scope="module", params=["aiogram", "ptb"])
def library(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def scene(library: str, tmp_path: Path) -> Iterator[Scene]:
    """Run a scene whose updates land on a disk."""
    uri = (tmp_path / "landing").as_uri()
    with playing(library, SEED, tmp_path, open_store(uri), TG_LANDING_URI=uri) as played:
        yield played


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    random = Random(SEED)  # noqa: S311 - no secret
    with failing_bucket(random, OFTEN, cycle(TROUBLES)) as opened:
        yield opened


@pytest.fixture
def over_a_bucket(library: str, tmp_path: Path, bucket: Bucket) -> Iterator[Scene]:
    """Run a scene whose updates land in a failing bucket."""
    store, settings = bucket.store(), bucket.failing_settings
    with playing(library, SEED, tmp_path, store, **settings) as played:
        yield played


def enriched_ids(pipeline: Pipeline) -> list[int]:
    """Build every day, and return the update_id of each row of enriched_updates, without calls."""
    rows = []
    for day in list_days(pipeline.landing):
        pipeline.build(day)
        rows += pipeline.rows("enriched_updates", day)
    ids = (row["update_id"] for row in rows)
    return sorted(each for each in ids if not is_synthetic(each))
