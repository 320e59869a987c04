"""Rejected bodies can be queried as a table: only when a statement names it, also confined."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import wrap_rejected
from lambda_ingest.store import StoreError, open_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import QueryError, Session, open_session
from tg_pipeline_tests.query.conftest import DAILY, ZONE, answer, write

FOLDER = "rejected/context_date=2026-10-07"


@pytest.fixture
def landing(tmp_path: Path) -> ObjectStore:
    """A landing zone with two rejected bodies, a reason alone, and a file of somebody's."""
    landing = open_store((tmp_path / "landing").as_uri())
    obstore.put(landing, f"{FOLDER}/a.json", wrap_rejected(b"\xff{", "The body is not UTF-8."))
    obstore.put(landing, f"{FOLDER}/b.json", json.dumps({"reason": "It is empty."}).encode())
    obstore.put(landing, f"{FOLDER.replace('07', '08')}/c.json", b'{"update_id": 1}')
    obstore.put(landing, "rejected/notes.txt", b"somebody's")
    return landing


@pytest.fixture(params=[False, True], ids=["open", "confined"])
def session(
    request: pytest.FixtureRequest, tmp_path: Path, landing: ObjectStore
) -> Iterator[Session]:
    lake = Lake((tmp_path / "lake").as_uri())
    write(lake, 1)
    with open_session(
        lake, ZONE, [DAILY], confined=request.param, landing=lambda: landing
    ) as opened:
        yield opened


def test_the_bodies_are_rows_with_day_and_reason(session: Session) -> None:
    assert answer(session, "SELECT context_date, object_key, reason, bytes FROM rejected") == [
        (date(2026, 10, 7), f"{FOLDER}/a.json", "The body is not UTF-8.", b"\xff{"),
        (date(2026, 10, 7), f"{FOLDER}/b.json", "It is empty.", None),
        (
            *(date(2026, 10, 8), f"{FOLDER.replace('07', '08')}/c.json"),
            "It has no reason: it was not put there by ingestion.",
            b'{"update_id": 1}',
        ),
    ]


def test_a_statement_sees_what_was_rejected_before_it(
    session: Session, landing: ObjectStore
) -> None:
    assert answer(session, 'SELECT count(*) FROM "REJECTED"') == [(3,)]
    obstore.delete(landing, f"{FOLDER}/a.json")

    assert answer(session, "WITH r AS (FROM rejected) SELECT count(*) FROM r, daily") == [(2,)]
    assert len(list(session.scratch.glob("rejected-*.parquet"))) == 1, "the last file"


def test_other_statements_do_not_even_open_the_landing_zone(tmp_path: Path) -> None:
    lake = Lake((tmp_path / "lake").as_uri())
    write(lake, 1)

    def fail() -> ObjectStore:
        raise StoreError("The landing zone can't be opened.")

    with open_session(lake, ZONE, [DAILY], landing=fail) as session:
        assert answer(session, "SELECT user_id FROM daily") == [(1,)]
        with pytest.raises(StoreError):
            answer(session, "FROM rejected")


def test_without_a_landing_zone_there_is_no_such_table(tmp_path: Path) -> None:
    with (
        open_session(Lake((tmp_path / "lake").as_uri()), ZONE, []) as session,
        pytest.raises(QueryError, match="rejected"),
    ):
        answer(session, "FROM rejected")
