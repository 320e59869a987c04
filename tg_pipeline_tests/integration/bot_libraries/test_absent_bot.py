"""A bot that was down gets all updates of that time, in order within each chat."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.integration.bot_libraries.conftest import SEED
from tg_pipeline_tests.integration.bot_libraries.scene import Scene, playing

pytestmark = pytest.mark.slow


def test_a_bot_that_was_killed_gets_all_updates_after_its_restart(scene: Scene) -> None:
    # Given a bot that is killed while its users write
    scene.users.act(60)
    scene.wait_until_delivered(all_but=40)
    scene.bot.kill()

    # When they continue to write, and Telegram gets an error
    scene.users.act(60)
    scene.wait_for_failure("502 Bad Gateway")

    # Then the undelivered updates have landed already
    assert scene.landed().keys() & set(scene.telegram.pending)
    # And the bot gets all updates after its restart; it may repeat an answer that it sent by a
    # call just before it was killed
    scene.bot.start()
    scene.wait_until_delivered()
    assert scene.landed() == scene.telegram.sent
    assert scene.first_answers() == scene.users.questions


@pytest.fixture
def impatient(library: str, tmp_path: Path) -> Iterator[Scene]:
    """Run a scene in which the bot has little time to respond."""
    uri = (tmp_path / "landing").as_uri()
    settings = {"TG_LANDING_URI": uri, "FORWARD_TIMEOUT_SECONDS": "0.5"}
    with playing(library, SEED, tmp_path, open_store(uri), **settings) as played:
        yield played


@pytest.mark.parametrize("library", ["ptb"], indirect=True)
def test_updates_are_sent_again_to_a_bot_that_hangs(impatient: Scene) -> None:
    # Given a bot that stops responding without exiting
    scene = impatient
    scene.users.act(60)
    scene.wait_until_delivered(all_but=40)
    scene.bot.send(signal.SIGSTOP)

    # When its users continue to write, and the forwarding times out
    scene.users.act(60)
    scene.wait_for_failure("504 Gateway Timeout")
    assert scene.landed().keys() & set(scene.telegram.pending)

    # Then everything is delivered once it continues; it may answer repeated updates twice
    scene.bot.send(signal.SIGCONT)
    scene.wait_until_delivered()
    assert scene.landed() == scene.telegram.sent
    assert scene.first_answers() == scene.users.questions
