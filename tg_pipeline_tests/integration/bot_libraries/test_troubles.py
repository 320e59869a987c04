"""If the store fails or the webhook is killed, each update lands once and is answered."""

from random import Random

import pytest

from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.s3.bucket import Bucket
from tg_pipeline_tests.fakes.s3.failing_proxy import TROUBLES
from tg_pipeline_tests.integration.bot_libraries.conftest import SEED, enriched_ids
from tg_pipeline_tests.integration.bot_libraries.scene import Scene

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("library", ["ptb"], indirect=True)
def test_a_failing_store_loses_no_update_and_causes_no_second_answer(
    over_a_bucket: Scene, bucket: Bucket
) -> None:
    # Given a bucket that rejects puts or drops connections, before or after storing the object
    scene = over_a_bucket

    # When users write
    scene.users.act(200)
    scene.wait_until_delivered()

    # Then all updates have landed byte for byte, though some calls got a 500
    assert set(bucket.proxy.met) == set(TROUBLES)
    assert '"status": 500' in scene.webhook.log()
    assert scene.landed() == scene.telegram.sent
    # And since updates are forwarded only after they are stored, no question was answered twice
    assert scene.users.answers() == scene.users.questions


def test_a_webhook_that_is_killed_repeatedly_loses_nothing(
    over_a_bucket: Scene, bucket: Bucket, pipeline: Pipeline
) -> None:
    # Given users who write while the bucket fails and the webhook is killed at any moment
    scene, random = over_a_bucket, Random(SEED)  # noqa: S311 - no secret
    for _ in range(3):
        scene.users.act(60)
        scene.wait_until_delivered(all_but=random.randrange(5, 50))
        scene.webhook.kill()
        scene.users.act(5)
        scene.webhook.start()

    # Then each update has landed once, byte for byte, and each question was answered in order;
    # twice only if the bot had called Telegram and the webhook was killed before it could respond
    scene.assert_all_delivered()
    assert set(bucket.proxy.met) == set(TROUBLES)
    assert len(scene.replies()) == len(set(scene.replies()))
    # And the layers have one row for each
    pipeline.landing = scene.landing
    assert enriched_ids(pipeline) == list(scene.telegram.sent)
