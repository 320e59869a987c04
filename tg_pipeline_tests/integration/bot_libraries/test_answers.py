"""Bots that updates are forwarded to answer their users as if Telegram called them directly."""

from collections import Counter
from collections.abc import Iterator

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.integration.bot_libraries.conftest import SEED, enriched_ids
from tg_pipeline_tests.integration.bot_libraries.scene import Scene, playing
from tg_pipeline_tests.integration.bot_libraries.users import answered

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, library: str) -> Pipeline:
    return Pipeline(tmp_path_factory.mktemp(library))


@pytest.fixture(scope="module")
def evening(library: str, pipeline: Pipeline) -> Iterator[Scene]:
    """Run a scene in which users write, edit, press buttons and more."""
    uri = pipeline.landing_uri
    with playing(library, SEED, pipeline.folder, open_store(uri), TG_LANDING_URI=uri) as scene:
        scene.users.act(200)
        scene.wait_until_delivered()
        yield scene


def test_every_question_is_answered_once_and_in_order(evening: Scene) -> None:
    assert evening.users.answers() == evening.users.questions
    assert evening.telegram.last_error == ""


def test_an_answer_arrives_in_the_way_that_the_bot_chose(evening: Scene, library: str) -> None:
    ways = Counter(
        (evening.users.commands[answered(message)], message.how)
        for message in evening.telegram.messages
    )

    asked = "webhook reply" if library == "aiogram" else "call"
    assert ways.keys() == {("ask", asked), ("tell", "call"), ("press", asked)}


def test_every_update_landed_once_byte_for_byte_and_is_a_row(
    evening: Scene, pipeline: Pipeline
) -> None:
    assert evening.landed() == evening.telegram.sent
    assert enriched_ids(pipeline) == list(evening.telegram.sent)
