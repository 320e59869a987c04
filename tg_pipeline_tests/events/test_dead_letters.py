"""A message that can't be read is stored once, with the reason."""

import json
from pathlib import Path

import obstore
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.events.dead_letters import count_dead_letters, dead_letter


@pytest.mark.parametrize("body", ["", "ação \u2028", "\ud800", "x" * 300_000])
def test_a_message_is_stored_unchanged_with_the_reason(body: str, tmp_path: Path) -> None:
    lake = open_store(tmp_path.as_uri())

    key = dead_letter(lake, body, "not valid")

    stored = json.loads(obstore.get(lake, key).bytes().to_bytes())
    assert stored == {"reason": "not valid", "message": body}
    assert key.startswith("rejected_events/")


def test_a_message_that_is_received_again_is_stored_once(tmp_path: Path) -> None:
    lake = open_store(tmp_path.as_uri())
    assert count_dead_letters(lake) == 0

    for body in ("one", "two", "one"):
        dead_letter(lake, body, "not valid")

    assert count_dead_letters(lake) == 2
