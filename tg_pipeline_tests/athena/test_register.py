"""`tg-pipeline athena register` creates what is declared, and updates what differs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from botocore.client import BaseClient
from sqlglot import exp

from tg_pipeline.athena.saved_queries import saved_queries
from tg_pipeline.athena.tables import ATHENA_TABLES, TableLocation, table_input
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import (
    DEFAULT_DATABASE,
    DEFAULT_START_DATE,
    DEFAULT_WORKGROUP,
    AthenaSettings,
    Settings,
)
from tg_pipeline_tests.athena.athena_commands import LAKE, AthenaCommands
from tg_pipeline_tests.athena.conftest import TIMEZONE

TABLES = [
    table_input(table, TableLocation(LAKE, DEFAULT_START_DATE.isoformat()))
    for table in ATHENA_TABLES
]

QUERIES = [(query.name, query.sql) for query in saved_queries(MartParameters(TIMEZONE))]

ALL = 1 + len(TABLES) + len(QUERIES)


@pytest.fixture
def registered(commands: AthenaCommands) -> AthenaCommands:
    assert commands.run("register").code == 0
    return commands


def test_everything_is_created_as_declared_once(commands: AthenaCommands) -> None:
    # Given a query with the name of a declared one, but of another database
    commands.athena.create_named_query(
        Name=QUERIES[0][0], Database="other", QueryString="SELECT 1", WorkGroup=DEFAULT_WORKGROUP
    )

    # When everything is registered twice, the second time with a table of somebody else
    done = commands.run("register")
    mine = {"Name": "mine", "StorageDescriptor": {"Columns": []}}
    commands.glue.create_table(DatabaseName=DEFAULT_DATABASE, TableInput=mine)
    again = commands.run("register")

    # Then everything is created once, and what others have made is left alone
    assert (done.code, done.err) == (0, "")
    assert len(done.in_state("created")) == ALL
    assert len(again.in_state("as declared")) == ALL
    assert [commands.table(table["Name"]) for table in TABLES] == TABLES
    assert commands.queries() == QUERIES
    assert commands.versions("telegram") == commands.versions("mine") == 1


def test_check_lists_what_is_missing_and_creates_nothing(commands: AthenaCommands) -> None:
    done = commands.run("register", "--check")

    assert done.code == 1
    assert len(done.in_state("missing")) == ALL
    assert f"{ALL} not as declared" in done.err
    assert commands.glue.get_databases()["DatabaseList"] == []
    assert commands.queries() == []


def test_differences_are_listed_and_undone(registered: AthenaCommands) -> None:
    # Given a table with several changes
    table = registered.table("telegram")
    (first, *_, last) = columns = table["StorageDescriptor"]["Columns"]
    first["Type"] = "string"
    columns.remove(last)
    columns.append({"Name": "mood", "Type": "string", "Comment": ""})
    columns[1]["Comment"] = "Somebody."
    table["Description"] = "Mine."
    table["Parameters"]["projection.context_date.range"] = "2024-01-01,NOW"
    registered.change(table)

    # When it is checked
    checked = registered.run("register", "--check")

    # Then each difference is listed, and nothing is changed
    differences = [
        "column message_id is 'string', not 'bigint'",
        f"column {last['Name']} is missing",
        "column mood is not declared",
        "the comment on column user_id differs",
        "description is 'Mine.', not 'One row per update of every type, flat and typed.'",
        "parameter projection.context_date.range is '2024-01-01,NOW', not '2026-10-01,NOW+1DAYS'",
    ]
    assert (checked.code, checked.in_state("different")) == (1, ["table telegram"])
    assert [
        line.strip() for line in checked.out.splitlines() if line.startswith(" ")
    ] == differences
    assert registered.table("telegram") == table

    # And after it is registered, it is as declared
    updated = registered.run("register")
    assert (updated.code, updated.in_state("updated")) == (0, ["table telegram"])
    assert all(line in updated.out for line in differences)
    assert registered.table("telegram") == TABLES[0]


@pytest.mark.parametrize("command", ["ddl", "register"])
def test_a_lake_outside_of_s3_is_an_error(
    commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", "file:///var/lib/lake")

    assert "Athena reads S3, and TG_LAKE_URI is file:///var/lib/lake" in commands.error(command)


def test_a_missing_region_is_an_error(
    commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert "You must specify a region" in commands.error("register")


PAGE = (Path(__file__).parents[2] / "docs" / "athena.md").read_text()

ONLY_ON_AWS = {"athena:UpdateNamedQuery"}
"""What moto can't do; see `test_glue.py`."""


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The actions that this process requests from AWS, as policies name them."""
    actions: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

    def recorded(client: Any, operation: str, params: Any) -> Any:
        actions.add(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    return actions


def test_the_policy_allows_what_register_does_and_nothing_more(
    commands: AthenaCommands, called: set[str]
) -> None:
    # Given everything created, then one table changed and updated
    commands.run("register")
    to_create = set(called)
    commands.change(commands.table("telegram") | {"Description": "Mine."})
    called.clear()
    commands.run("register")
    to_update = set(called)

    # When the policy in docs/athena.md is read
    (policy,) = (json.loads(each) for each in re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL))

    # Then it allows exactly these actions
    allowed = {action for each in policy["Statement"] for action in each["Action"]}
    assert allowed == to_create | to_update | ONLY_ON_AWS


def test_every_saved_query_is_documented_and_a_mart_s_with_its_tables() -> None:
    table = PAGE.partition("## Saved queries")[2].partition("\n\nThe first four")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    queries = {each.name: each.sql for each in saved_queries(MartParameters(TIMEZONE))}

    assert list(rows) == list(queries)
    assert {name: tables_named(row) for name, row in rows.items() if ", from " in row} == {
        name: tables_read(queries[name]) for name in queries if name.startswith("mart_")
    }


def tables_named(row: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", row.partition(", from ")[2]))


def tables_read(sql: str) -> set[str]:
    query = sqlglot.parse_one(sql, read="athena")
    read = {each.name for each in query.find_all(exp.Table)}
    return read - {each.alias for each in query.find_all(exp.CTE)}


def test_every_setting_is_documented_with_its_default(tmp_path: Path) -> None:
    rows = dict(re.findall(r"^\| `(TG_\w+)` \|.*\| (.+?) \|$", PAGE, re.MULTILINE))

    settings = Settings.from_environment({}, tmp_path)

    assert rows == {
        "TG_ATHENA_DATABASE": f"`{settings.athena.database}`",
        "TG_ATHENA_WORKGROUP": f"`{settings.athena.workgroup}`",
        "TG_ATHENA_REGISTER": "not set",
        "TG_START_DATE": f"`{settings.start_date}`",
    }
    assert not AthenaSettings().registers
