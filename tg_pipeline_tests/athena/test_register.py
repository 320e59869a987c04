"""`tg-pipeline athena register`: what is declared is made once, and brought back to it."""

import pytest

from tg_pipeline.athena.saved_queries import saved_queries
from tg_pipeline.athena.tables import ATHENA_TABLES, Place, table_input
from tg_pipeline.settings import DEFAULT_DATABASE, DEFAULT_START_DATE
from tg_pipeline_tests.athena.athena_commands import LAKE, AthenaCommands
from tg_pipeline_tests.athena.conftest import TIMEZONE

TABLES = [
    table_input(table, Place(LAKE, DEFAULT_START_DATE.isoformat())) for table in ATHENA_TABLES
]
QUERIES = [(query.name, query.sql) for query in saved_queries(TIMEZONE)]
ALL = 1 + len(TABLES) + len(QUERIES)


@pytest.fixture
def registered(commands: AthenaCommands) -> AthenaCommands:
    assert commands.run("register").code == 0
    return commands


def test_everything_is_made_as_declared(commands: AthenaCommands) -> None:
    done = commands.run("register")

    assert (done.code, done.err) == (0, "")
    assert len(done.in_state("made")) == ALL
    assert [commands.table(table["Name"]) for table in TABLES] == TABLES
    assert commands.queries() == QUERIES


def test_a_second_time_changes_nothing(registered: AthenaCommands) -> None:
    again = registered.run("register")

    assert len(again.in_state("as declared")) == ALL
    assert registered.versions("telegram") == 1
    assert registered.queries() == QUERIES


def test_check_tells_what_is_missing_and_makes_nothing(commands: AthenaCommands) -> None:
    done = commands.run("register", "--check")

    assert done.code == 1
    assert len(done.in_state("missing")) == ALL
    assert f"{ALL} not as declared" in done.err
    assert commands.glue.get_databases()["DatabaseList"] == []
    assert commands.queries() == []


def test_check_is_content_with_what_register_made(registered: AthenaCommands) -> None:
    done = registered.run("register", "--check")

    assert (done.code, done.err) == (0, "")


def test_what_drifted_is_told_and_brought_back(registered: AthenaCommands) -> None:
    # Given a table of which somebody changed this and that
    table = registered.table("telegram")
    (first, *_, last) = columns = table["StorageDescriptor"]["Columns"]
    first["Type"] = "string"
    columns.remove(last)
    columns.append({"Name": "mood", "Type": "string", "Comment": ""})
    columns[1]["Comment"] = "Somebody."
    table["Description"] = "Mine."
    table["Parameters"]["projection.context_date.range"] = "2024-01-01,NOW"
    registered.change(table)

    # When it is looked at
    looked = registered.run("register", "--check")

    # Then each difference is told, and is there still
    told = [
        "column message_id is 'string', not 'bigint'",
        f"column {last['Name']} is missing",
        "column mood is not declared",
        "the comment on column user_id differs",
        "description is 'Mine.', not 'One row per update of every type, flat and typed.'",
        "parameter projection.context_date.range is '2024-01-01,NOW', not '2026-10-01,NOW+1DAYS'",
    ]
    assert (looked.code, looked.in_state("different")) == (1, ["table telegram"])
    assert [line.strip() for line in looked.out.splitlines() if line.startswith(" ")] == told
    assert registered.table("telegram") == table

    # And when it is registered, it is as declared
    mended = registered.run("register")
    assert (mended.code, mended.in_state("brought up to date")) == (0, ["table telegram"])
    assert all(line in mended.out for line in told)
    assert registered.table("telegram") == TABLES[0]


def test_columns_in_another_order_are_a_difference(registered: AthenaCommands) -> None:
    table = registered.table("telegram")
    table["StorageDescriptor"]["Columns"].reverse()
    registered.change(table)

    done = registered.run("register", "--check")

    assert "the columns stand in another order" in done.out


def test_days_that_are_no_longer_computed_so_are_a_difference(registered: AthenaCommands) -> None:
    table = registered.table("telegram")
    table["Parameters"]["projection.chat_id.type"] = "injected"
    registered.change(table)

    done = registered.run("register")

    assert "parameter projection.chat_id.type is not declared" in done.out
    assert registered.table("telegram") == TABLES[0]


def test_what_others_note_on_a_table_is_their_business(registered: AthenaCommands) -> None:
    # Given a table with a parameter that a crawler left, and a description of somebody's
    table = registered.table("telegram")
    table["Parameters"]["UPDATED_BY_CRAWLER"] = "weekly"
    registered.change(table)
    assert registered.run("register", "--check").code == 0

    # When it is brought back for another reason
    registered.change(table | {"Description": "Mine."})
    registered.run("register")

    # Then the parameter is still there
    assert registered.table("telegram") == table


def test_a_table_of_somebody_else_s_is_left_alone(registered: AthenaCommands) -> None:
    mine = {"Name": "mine", "StorageDescriptor": {"Columns": []}}
    registered.glue.create_table(DatabaseName=DEFAULT_DATABASE, TableInput=mine)

    done = registered.run("register")

    assert "mine" not in done.out
    assert registered.versions("mine") == 1


def test_a_query_of_somebody_else_s_is_left_alone(commands: AthenaCommands) -> None:
    # Given a query that is called as ours, but asks another database
    commands.athena.create_named_query(
        Name=QUERIES[0][0], Database="other", QueryString="SELECT 1", WorkGroup="tg-pipeline"
    )

    assert f"query {QUERIES[0][0]}" in commands.run("register").in_state("made")


def test_another_lake_or_start_moves_the_tables(
    registered: AthenaCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", "s3://another")
    monkeypatch.setenv("TG_START_DATE", "2024-08-01")

    done = registered.run("register")

    table = registered.table("telegram")
    assert "location is 's3://my-bot/lake/enriched_updates/'" in done.out
    assert table["StorageDescriptor"]["Location"] == "s3://another/enriched_updates/"
    assert table["Parameters"]["projection.context_date.range"] == "2024-08-01,NOW+1DAYS"
