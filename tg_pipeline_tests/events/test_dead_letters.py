"""An unreadable message is stored once, with the reason."""

import json
from pathlib import Path

import obstore
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.events.dead_letters import count_dead_letters, dead_letter


@pytest.mark.parametrize("body", ["nope", "", "ação \u2028", "\ud800", "x" * 300_000])
def test_a_message_is_kept_as_it_came_with_the_reason(body: str, tmp_path: Path) -> None:
    lake = open_store(tmp_path.as_uri())

    key = dead_letter(lake, body, "The message is no event.")

    kept = json.loads(obstore.get(lake, key).bytes().to_bytes())
    assert kept == {"reason": "The message is no event.", "message": body}
    assert key.startswith("rejected_events/")


def test_a_message_that_comes_again_is_kept_once(tmp_path: Path) -> None:
    lake = open_store(tmp_path.as_uri())
    assert count_dead_letters(lake) == 0

    for body in ("one", "two", "one"):
        dead_letter(lake, body, "why")

    assert count_dead_letters(lake) == 2
