"""A new version of the reader reads again what an earlier one could not, and nothing else."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import obstore
import pytest

from lambda_ingest.landing import day_prefix
from tg_pipeline.builds import raw_updates
from tg_pipeline.builds.layers import raw_conservation
from tg_pipeline.builds.staleness import DayStatus, stale_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.layers import raw_updates as reader
from tg_pipeline.layers.raw_updates import READER_VERSION
from tg_pipeline.telegram.decoding import Envelope, UnreadableError, read_envelope
from tg_pipeline_tests.builds.test_layers import UNREADABLE
from tg_pipeline_tests.conftest import DAY, PARAMETERS, Pipeline

TABLES: Final = ("raw_updates", "quarantine", "deduped_updates", "enriched_updates")
NEXT_DAY: Final = DAY + timedelta(days=1)

READ: Final = b'{"update_id": 1, "message": {"text": "oi"}}'

LINES: Final = [
    *(body for name, (body, _) in sorted(UNREADABLE.items()) if name.endswith(".json")),
    b"null",
    b'{"update_id": -1}',
    b'{"update_id": 1.0}',
    b'{"update_id": "1"}',
    b'{"update_id": true}',
    b'{"update_id": 1e3}',
    b'{"update_id": 1, "update_id": 2}',
    b'{"update_id": 1, "message": {}, "callback_query": {}}',
    b'{"update_id": 1, "message": null, "poll": {"id": "1"}}',
    b'{"update_id": 1, "text": "\\ud83d"}',
    b'{"update_id": 1, "text": "\\ud83d\\ude00"}',
    b'{"update_id": 1, "\\ud83d": {}}',
    b'{"update_id": 1, "n": 1' + b"0" * 5_000 + b"}",
    b'{"update_id": 1, "n": NaN}',
    b'{"update_id": 1,}',
    b"\xef\xbb\xbf" + READ,
    b" " + READ + b" ",
    READ + READ,
    b'{"update_id": 1, "a": ' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"update_id": 1, "a": ' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"update_id": 9223372036854775807}',
    READ,
]
"""Lines that are not updates, or nearly so."""

RESULTS: Final = {"1": "0475a1fefa2cad6333c80b673f9685b6f5434f64ff3ca05ea59f7e2127a4084c"}
"""By version of the reader: the digest of what becomes of LINES and UNREADABLE.

If this test fails, the results have changed: raise READER_VERSION and add a line here, so that
stored days are read again. Don't change a line that was released.
"""


def results(pipeline: Pipeline) -> str:
    """Return the digest of all rows that a day of broken lines becomes."""
    for number, line in enumerate(LINES):
        pipeline.put(f"7-{number}.json", line)
    for name, (body, _) in UNREADABLE.items():
        pipeline.put(f"8-{name}", body)
    pipeline.put("9-1.ndjson", b"\n".join(line.replace(b"\n", b" ") for line in LINES))
    pipeline.put("9-2.ndjson.gz", gzip.compress(READ + b"\n{\n" + READ, mtime=0))
    pipeline.build_raw()
    rows = [*pipeline.rows("raw_updates"), *pipeline.rows("quarantine")]
    shown = [{name: repr(row[name]) for name in row if name != "received_at"} for row in rows]
    for row in shown:
        # What follows is the JSON parser's wording.
        row["reason"] = row.get("reason", "").partition("not JSON: ")[0]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def test_the_results_of_the_reader_change_only_with_its_version(pipeline: Pipeline) -> None:
    assert results(pipeline) == RESULTS[READER_VERSION]


NEW: Final = b'{"update_id": 5, "new": {"from": {"id": 3}}}'
"""A line that an earlier version of the reader could not read."""


def earlier_reader(payload: bytes) -> Envelope:
    if b"new" in payload:
        raise UnreadableError("it is new")
    return read_envelope(payload)


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The reader is an earlier version of itself, until the patch is undone."""
    with monkeypatch.context() as patch:
        patch.setattr(reader, "read_envelope", earlier_reader)
        patch.setattr(raw_updates, "READER_VERSION", "0")
        yield patch


def land(pipeline: Pipeline) -> None:
    """Land a broken object, a new line among others, and readable objects on the next day."""
    pipeline.put("7-1.json", b"{")
    pipeline.put("7-3.json", READ)
    pipeline.put("7-5.ndjson", b"\n".join([READ.replace(b"1", b"4"), NEW]))
    pipeline.put("7-6.json", READ.replace(b"1", b"6"), NEXT_DAY)


def test_a_new_version_makes_only_days_with_unreadable_lines_stale(
    pipeline: Pipeline, earlier: pytest.MonkeyPatch
) -> None:
    land(pipeline)
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    assert stale_days(pipeline.states(DAY, NEXT_DAY)) == []

    earlier.undo()

    states = pipeline.states(DAY, NEXT_DAY)
    assert [state.is_stale for state in states] == [True, False]
    assert states[0].status(NEXT_DAY) is DayStatus.LATE
    assert states[0].pending_objects == 1


def test_what_a_new_version_reads_is_merged_to_the_bytes_of_a_day_built_at_once(
    pipeline: Pipeline, new_pipeline: Callable[[], Pipeline], earlier: pytest.MonkeyPatch
) -> None:
    # Given a day that an earlier version of the reader built
    at_once = new_pipeline()
    for each in (pipeline, at_once):
        land(each)
        each.age_landing()
    pipeline.build()
    assert len(pipeline.rows("quarantine")) == 2

    # When it is built by the present one
    earlier.undo()
    again = pipeline.build()
    at_once.build()

    # Then only the objects with unreadable lines were read again, and the new line is a row
    assert again.raw.objects_read == 2
    assert raw_conservation(DAY, again.raw).holds
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [1, 4, 5]
    assert [row["object_key"][-8:] for row in pipeline.rows("quarantine")] == ["7-1.json"]
    assert [pipeline.digest(table) for table in TABLES] == [at_once.digest(t) for t in TABLES]
    assert not pipeline.states()[0].is_stale
    assert pipeline.build().raw.objects_read == 0


def test_a_day_without_unreadable_lines_keeps_its_bytes_under_any_version(
    pipeline: Pipeline, earlier: pytest.MonkeyPatch
) -> None:
    land(pipeline)
    pipeline.build(NEXT_DAY)
    before = pipeline.digest("quarantine", NEXT_DAY)

    earlier.undo()

    assert pipeline.build(NEXT_DAY, full=True).raw.objects_read == 1
    assert pipeline.digest("quarantine", NEXT_DAY) == before


def test_the_lines_of_an_object_that_is_gone_stay_and_the_day_is_built(
    pipeline: Pipeline, earlier: pytest.MonkeyPatch
) -> None:
    land(pipeline)
    pipeline.build()
    obstore.delete(pipeline.landing, f"{day_prefix(DAY)}/7-1.json")

    earlier.undo()
    pipeline.build()

    assert [row["object_key"][-8:] for row in pipeline.rows("quarantine")] == ["7-1.json"]
    assert not pipeline.states()[0].is_stale


def test_a_day_whose_landed_objects_have_expired_stays_as_it_was_read(
    pipeline: Pipeline, earlier: pytest.MonkeyPatch
) -> None:
    land(pipeline)
    pipeline.build()
    before = [pipeline.digest(table) for table in TABLES]
    kept = replace(PARAMETERS, floors=Floors(landing=NEXT_DAY))

    earlier.undo()

    assert not pipeline.states(parameters=kept)[0].is_stale
    pipeline.build(parameters=kept)
    assert [pipeline.digest(table) for table in TABLES] == before
