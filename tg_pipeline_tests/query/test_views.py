"""A table is there as declared, whatever of it has been built, and wherever it lies."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import ALL_TABLES, CONTEXT_DATE, QueryError, QueryTable, open_session
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.query.conftest import SAID, ZONE, Ask, answer, write

NEXT_DAY = date(2026, 10, 8)


def test_a_table_without_partitions_is_empty_with_the_declared_columns(ask: Ask) -> None:
    assert ask("FROM said") == []
    assert [(name, kind) for name, kind, *_ in ask("DESCRIBE said")] == [
        ("user_id", "BIGINT"),
        ("text", "VARCHAR"),
        ("tags", "VARCHAR[]"),
        (CONTEXT_DATE, "DATE"),
    ]
    assert [name for name, *_ in ask("DESCRIBE told")] == ["user_id", "text", "tags"]


def test_what_is_written_later_is_seen_by_an_open_session(lake: Lake, ask: Ask) -> None:
    before = ask("SELECT count(*) FROM said")

    write(lake, 1, 2)
    write(lake, 3, day=NEXT_DAY)
    write(lake, 4, day=None)

    assert before == [(0,)]
    assert ask("SELECT user_id, context_date FROM said ORDER BY ALL") == [
        (1, DAY),
        (2, DAY),
        (3, NEXT_DAY),
    ]
    assert ask("SELECT user_id FROM told") == [(4,)]


def test_a_day_that_was_replaced_is_read_anew(lake: Lake, ask: Ask) -> None:
    write(lake, 1, 2)
    before = ask("SELECT user_id FROM said ORDER BY ALL")

    write(lake, 3)

    assert (before, ask("SELECT user_id FROM said")) == ([(1,), (2,)], [(3,)])


def test_a_column_that_an_older_file_lacks_is_null_there(lake: Lake, ask: Ask) -> None:
    older = pa.schema([pa.field("user_id", pa.int64()), pa.field("gone", pa.string())])

    write(lake, 1, schema=older)

    assert ask("FROM said") == [(1, None, None, DAY)]


def test_a_question_about_a_day_reads_the_files_of_that_day_only(lake: Lake, ask: Ask) -> None:
    for day in range(1, 8):
        write(lake, day, day=date(2026, 10, day))

    ((_, told),) = ask(
        "EXPLAIN ANALYZE SELECT max(user_id) FROM said WHERE context_date >= '2026-10-06'"
    )

    assert "Total Files Read: 2" in told


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    lake = Lake((tmp_path / "it's [a] *lake* context_date=2020-01-01").as_uri())
    write(lake, 1)

    with open_session(lake, ZONE, [SAID]) as session:
        assert answer(session, "SELECT user_id, context_date FROM said") == [(1, DAY)]


def test_what_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    # Given a day that is written anew, and not committed yet
    lake = Lake(tmp_path.as_uri())
    write(lake, 1)
    with lake.writer("said", DAY, SAID.schema) as writer:
        writer.write(pa.RecordBatch.from_pylist([{"user_id": 2}], SAID.schema))

        # Then a question sees the day as it was
        with open_session(lake, ZONE, [SAID]) as session:
            assert answer(session, "SELECT user_id FROM said") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO said VALUES (1)", "UPDATE said SET user_id = 2", "DELETE FROM said"],
)
def test_a_table_can_not_be_written_to(lake: Lake, ask: Ask, statement: str) -> None:
    write(lake, 1)

    with pytest.raises(QueryError):
        ask(statement)

    assert ask("SELECT user_id FROM said") == [(1,)]


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_table_of_the_lake_is_there_as_declared(
    pipeline: Pipeline, table: QueryTable
) -> None:
    with open_session(pipeline.lake, ZONE, [table]) as session:
        names = [name for name, *_ in answer(session, f"DESCRIBE {table.name}")]

        assert answer(session, f"FROM {table.name}") == []

    assert names == [*table.schema.names, *([CONTEXT_DATE] if table.has_days else [])]


def test_telegram_is_enriched_updates_under_the_original_s_name(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 5, "message": {"message_id": 1, "date": 1_791_374_400}})
    pipeline.build()

    with open_session(pipeline.lake, ZONE) as session:
        by_either = [answer(session, f"FROM {name}") for name in ("telegram", "enriched_updates")]

    assert by_either[0] == by_either[1]
    assert by_either[0][0][-1] == DAY
