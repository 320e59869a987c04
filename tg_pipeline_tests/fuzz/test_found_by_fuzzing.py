"""What fuzzing found, each as an example."""

import json
import sys
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from obstore.store import MemoryStore

from lambda_ingest.landing import MAX_NESTING, TrustLevel, chat_id_of, parse_update
from lambda_ingest.privacy.minimization import DROPPABLE, Minimization
from lambda_ingest.privacy.suppression import suppress
from lambda_ingest.writer import LandingWriter, WriteStatus
from tg_pipeline.layers.enriched.updates import enrich_update
from tg_pipeline.telegram.decoding import UnreadableError, read_envelope
from tg_pipeline_tests.fuzz.checks.landing import FORGOTTEN

NOW: Final = datetime(2026, 10, 7, 15, tzinfo=UTC)
DROPS_ALL: Final = Minimization(DROPPABLE, drops_text=True)


def nested(levels: int, opened: str, closed: str) -> bytes:
    """Return an update of so many levels, including the two outermost objects."""
    inner = levels - 2
    return f'{{"update_id": 5, "message": {{"a": {opened * inner}{closed * inner}}}}}'.encode()


@pytest.mark.parametrize("number", ["2251E99813685249", "-1e999", "1.5e309"])
def test_a_number_beyond_the_range_of_floats_is_still_json_in_what_is_left_of_an_update(
    number: str,
) -> None:
    body = b'{"update_id":5,"message":{"from":{"id":9},"text":"@ana","x":%s}}' % number.encode()

    for left in (DROPS_ALL.apply(body), suppress(body, FORGOTTEN)):
        assert left is not None
        assert left != body
        assert read_envelope(left).update_type == "message"
        assert abs(parse_update(left)["message"]["x"]) == sys.float_info.max


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"text":[', "]}")])
@pytest.mark.parametrize("levels", [MAX_NESTING, MAX_NESTING + 2, 500, 990, 2_000])
def test_ingestion_stores_or_rejects_any_nesting_and_the_layers_read_what_it_accepts(
    opened: str, closed: str, levels: int
) -> None:
    body = nested(levels if opened == "[" else levels // 2 + 1, opened, closed)
    writer = LandingWriter(
        MemoryStore(), 7, ZoneInfo("UTC"), TrustLevel.NETWORK, minimization=DROPS_ALL
    )

    status = writer.write(body, NOW).status

    try:
        read_envelope(body)
    except UnreadableError:
        assert status is WriteStatus.REJECTED
    else:
        assert status is WriteStatus.LANDED
        assert levels == MAX_NESTING


def test_a_row_has_the_chat_by_which_ingestion_filtered_it_also_if_its_chat_has_no_id() -> None:
    update = {"update_id": 5, "chat_join_request": {"chat": {"id": "?"}, "user_chat_id": 77}}

    row = enrich_update(json.dumps(update).encode(), "chat_join_request")

    assert row.chat_id == chat_id_of(update) == 77
