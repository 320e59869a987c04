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
    scene.write_until_undelivered()
    scene.bot.kill()

    # When they continue to write, and Telegram gets an error
    scene.write_until_failure("502 Bad Gateway")

    # Then the undelivered updates have landed already, and the bot gets all after its restart
    assert scene.landed().keys() & set(scene.telegram.pending)
    scene.bot.start()
    scene.assert_all_delivered()


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
    impatient.write_until_undelivered()
    impatient.bot.send(signal.SIGSTOP)

    # When its users continue to write, and the forwarding times out
    impatient.write_until_failure("504 Gateway Timeout")

    # Then the undelivered updates have landed already, and all are delivered once it continues
    assert impatient.landed().keys() & set(impatient.telegram.pending)
    impatient.bot.send(signal.SIGCONT)
    impatient.assert_all_delivered()
