"""An export holds what is about the person, whatever else has landed."""

import json
from typing import Any

import pytest
from obstore.store import MemoryStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.privacy.export import export_landing
from tg_pipeline.privacy.people import DataSubject
from tg_pipeline.privacy.tombstones import tombstones_of
from tg_pipeline_tests.privacy.scene import ANA, BETO, ID, KEY


@pytest.mark.parametrize(
    "body",
    [
        {"inline_query": {"id": {}, "user_id": [], "from": BETO, "query": "x"}, "user": ANA},
        {"message": {"from": BETO, "text": "\ud800", "left_chat_member": ANA}},
    ],
)
def test_ids_of_odd_types_and_lone_surrogates_are_no_obstacle(body: dict[str, Any]) -> None:
    landing = MemoryStore()
    update = json.dumps({"update_id": 1} | body, ensure_ascii=False)
    line = update.encode("utf-8", "surrogatepass")
    put_if_absent(landing, "telegram/context_date=2026-10-01/7-1.json", line)
    theirs = tombstones_of(KEY, DataSubject(ID), None)

    assert len(list(export_landing(landing, ID, theirs, 7))) <= 1
