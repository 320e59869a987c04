"""A proxy that is killed at random loses no update, loses no message, and sends none twice."""

from pathlib import Path

import pytest

from tg_pipeline_tests.bot_api_proxy.kills import kill_repeatedly

pytestmark = pytest.mark.slow

KILLS = 20


def test_after_kills_all_that_the_bot_acted_on_and_sent_has_landed_once(tmp_path: Path) -> None:
    verdict = kill_repeatedly(tmp_path, KILLS, seed=20_261_007)

    assert not any(verdict.wrong.values()), verdict
    assert verdict.sent > KILLS
