"""What is compared and updated, with AWS's responses prepared one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from tg_pipeline.athena.glue import Catalog, Diff, DiffState
from tg_pipeline.athena.saved_queries import SavedQuery, Workgroup
from tg_pipeline.athena.tables import TableInput, TableLocation, table_input
from tg_pipeline.aws import open_client
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.query.tables import TELEGRAM
from tg_pipeline_tests.fakes.aws import REGION

QUERY = SavedQuery("messages_per_day", "Messages per day.", "SELECT 1")
TABLE = table_input(TELEGRAM, TableLocation("s3://my-bot/lake", "2026-10-01"))
KEY = "11111111-2222-3333-4444-555555555555"
GROUP = {"WorkGroup": {"Name": "tg-pipeline"}}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")


@pytest.fixture
def glue() -> Iterator[Stubber]:
    with Stubber(open_client("glue", REGION)) as stubber:
        yield stubber


@pytest.fixture
def athena() -> Iterator[Stubber]:
    with Stubber(open_client("athena", REGION)) as stubber:
        yield stubber


def saved(**changes: str) -> dict[str, Any]:
    query = {
        "Name": QUERY.name,
        "Database": "db",
        "QueryString": QUERY.sql,
        "Description": QUERY.description,
        "NamedQueryId": KEY,
        "WorkGroup": "tg-pipeline",
    }
    return {"NamedQuery": query | changes}


def compared(glue: Stubber, found: TableInput) -> Diff:
    glue.add_response("get_database", {"Database": {"Name": "db"}})
    glue.add_response("get_table", {"Table": found})
    _, table = Catalog(glue.client, "db").compare([TABLE])
    return table


def test_columns_in_another_order_are_a_difference(glue: Stubber) -> None:
    storage = TABLE["StorageDescriptor"]
    reordered = TABLE | {"StorageDescriptor": storage | {"Columns": storage["Columns"][::-1]}}

    assert compared(glue, reordered).differences == ("the columns are in another order",)


def test_undeclared_projection_parameters_are_removed_and_those_of_others_kept(
    glue: Stubber,
) -> None:
    # Given a table with a parameter that a crawler has set, and one of another projection
    declared = TABLE["Parameters"]
    with_crawler = declared | {"UPDATED_BY_CRAWLER": "weekly"}
    parameters = with_crawler | {"projection.chat_id.type": "injected"}

    # When it is compared, and the difference applied
    found = compared(glue, TABLE | {"Parameters": parameters})
    expected = {"DatabaseName": "db", "TableInput": TABLE | {"Parameters": with_crawler}}
    glue.add_response("update_table", {}, expected)
    found.apply()

    # Then only the projection's parameter is a difference
    assert found.differences == ("parameter projection.chat_id.type is not declared",)
    glue.assert_no_pending_responses()


def test_a_denied_request_is_named(glue: Stubber) -> None:
    glue.add_client_error("get_database", "EntityNotFoundException", "not found")
    glue.add_client_error("create_database", "AccessDeniedException", "not authorized")

    (database,) = Catalog(glue.client, "db").compare([])

    with pytest.raises(AthenaError, match="AWS refuses CreateDatabase: not authorized"):
        database.apply()


def test_a_missing_workgroup_is_named(athena: Stubber) -> None:
    athena.add_client_error("get_work_group", "InvalidRequestException", "WorkGroup is not found.")

    with pytest.raises(AthenaError, match=r"no workgroup tg-pipeline: .* TG_ATHENA_WORKGROUP"):
        list(Workgroup(athena.client, "tg-pipeline", "db").compare([QUERY]))


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"QueryString": "SELECT 2"}, "the text differs"),
        ({"Description": "Mine."}, "the description differs"),
    ],
)
def test_a_saved_query_that_differs_is_replaced_under_its_name(
    athena: Stubber, changes: dict[str, str], difference: str
) -> None:
    # Given a query that was saved with another text, or another description
    athena.add_response("get_work_group", GROUP)
    athena.add_response("list_named_queries", {"NamedQueryIds": [KEY]})
    athena.add_response("get_named_query", saved(**changes))
    athena.add_response(
        "update_named_query",
        {},
        {
            "NamedQueryId": KEY,
            "Name": QUERY.name,
            "Description": QUERY.description,
            "QueryString": QUERY.sql,
        },
    )

    # When it is compared, and the difference applied
    (found,) = Workgroup(athena.client, "tg-pipeline", "db").compare([QUERY])
    found.apply()

    # Then the difference is named, and the query replaced
    assert (found.state, found.differences) == (DiffState.DIFFERENT, (difference,))
    athena.assert_no_pending_responses()


def test_all_pages_of_saved_queries_are_read(athena: Stubber) -> None:
    athena.add_response("get_work_group", GROUP)
    athena.add_response("list_named_queries", {"NamedQueryIds": [KEY], "NextToken": "more"})
    athena.add_response("get_named_query", saved(Name="another"))
    athena.add_response("list_named_queries", {"NamedQueryIds": [KEY]})
    athena.add_response("get_named_query", saved())

    (found,) = Workgroup(athena.client, "tg-pipeline", "db").compare([QUERY])

    assert not found.needs_change
