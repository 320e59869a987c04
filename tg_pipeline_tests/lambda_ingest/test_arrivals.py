"""The arrival time is stored with each object: in a bucket as metadata, on a disk in a journal."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import obstore
import pytest

from lambda_ingest.arrivals import (
    RECEIVED_AT,
    append_to_journal,
    format_arrival,
    parse_arrival,
)
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline_tests.lambda_ingest.conftest import DAY_FOLDER, Container, update
from tg_pipeline_tests.lambda_ingest.events import SENT_AT, queue_event, record

ARRIVED = datetime(2026, 10, 7, 12, 0, 0, 7, timezone(timedelta(hours=-3)))
KEY = f"{DAY_FOLDER}/7-5.json"
STORED = "2026-10-07T15:00:00.000007Z"


def journal_lines(landing: Path) -> list[str]:
    folder = landing / "arrivals" / "context_date=2026-10-07"
    return [line for path in folder.iterdir() for line in path.read_text().split("\n") if line]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        (STORED, ARRIVED),
        ("2026-10-07T12:00:00.000007-03:00", ARRIVED),
        ("2026-10-07T15:00:00.000007", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_only_aware_times_are_read(text: str, parsed: datetime | None) -> None:
    assert parse_arrival(text) == parsed


def test_metadata_has_the_time_of_the_first_landing(tmp_path: Path) -> None:
    landing = open_store(f"memory://{tmp_path}")

    put_if_absent(landing, KEY, b"{}", ARRIVED)
    put_if_absent(landing, KEY, b"{}", ARRIVED + timedelta(hours=1))

    assert obstore.get(landing, KEY).attributes == {RECEIVED_AT: STORED}


def test_a_disk_has_the_time_of_the_first_landing_in_its_journal_and_in_the_file_s_time(
    tmp_path: Path,
) -> None:
    landing = open_store(tmp_path.as_uri())

    put_if_absent(landing, KEY, b"{}", ARRIVED)
    put_if_absent(landing, KEY, b"{}", ARRIVED + timedelta(hours=1))

    assert journal_lines(tmp_path) == [f"{KEY} {STORED}"]
    assert datetime.fromtimestamp((tmp_path / KEY).stat().st_mtime, UTC) == ARRIVED


def test_an_object_without_its_line_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", lambda _, line: len(line) - 1)

    with pytest.raises(OSError, match="No space left"):
        put_if_absent(open_store(tmp_path.as_uri()), KEY, b"{}", ARRIVED)

    assert not (tmp_path / KEY).exists()


def test_concurrent_writers_append_whole_lines(tmp_path: Path) -> None:
    keys = [f"{DAY_FOLDER}/7-{number}.json" for number in range(400)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: append_to_journal(tmp_path, key, ARRIVED), keys))

    assert sorted(journal_lines(tmp_path)) == sorted(f"{key} {STORED}" for key in keys)


def test_a_batch_of_the_queue_arrived_when_its_last_message_was_sent(
    container: Container, tmp_path: Path
) -> None:
    sent = [int(SENT_AT) + seconds * 1_000 for seconds in (5, 9, 7)]
    batch = [
        record(update(number)) | {"attributes": {"SentTimestamp": str(at)}}
        for number, at in enumerate([*sent, int(SENT_AT)])
    ]
    batch[-1]["body"] = "garbage"

    container.handle(queue_event(*batch))

    times = [line.rpartition(" ")[2] for line in journal_lines(tmp_path / "landing")]
    arrived = datetime.fromtimestamp(int(SENT_AT) / 1000, UTC)
    assert times == [format_arrival(arrived), format_arrival(arrived + timedelta(seconds=9))]
