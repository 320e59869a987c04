"""The saved queries of an Athena workgroup: the original's four, and the SQL of some marts.

https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import sqlglot
from sqlglot import exp

from tg_pipeline.athena.glue import Diff, DiffState
from tg_pipeline.aws import translate_aws_errors
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.cumulative import FREQUENT_QUESTIONS, FREQUENT_TOPICS
from tg_pipeline.marts.daily import COMMANDS, CONTENT_MIX, DAILY_ACTIVITY, USER_ACTIVITY
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.marts.people import ACTIVE_USERS, RETENTION
from tg_pipeline.query.tables import TELEGRAM

ORIGINALS: Final = (
    "messages_per_day",
    "messages_per_user_per_day",
    "text_length_per_user_per_day",
    "messages_per_hour_weekday_week",
)
"""The queries that the original was presented with, in its order."""

ORIGINAL_ZONE: Final = "America/Sao_Paulo"
"""The time zone in the text of the original's queries; the configured one replaces it."""

TRANSLATED_MARTS: Final = (
    DAILY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    ACTIVE_USERS,
    RETENTION,
    FREQUENT_QUESTIONS,
    FREQUENT_TOPICS,
)
"""Marts whose SQL has the same meaning in Athena's dialect: plain aggregates and joins."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query that Athena can run."""

    name: str
    description: str
    sql: str


def saved_queries(parameters: MartParameters) -> list[SavedQuery]:
    """Return all saved queries, with the `parameters` of the marts filled in."""
    return [
        *(original_query(name, parameters.timezone) for name in ORIGINALS),
        *(mart_query(mart, parameters) for mart in TRANSLATED_MARTS),
    ]


def original_query(name: str, zone: str) -> SavedQuery:
    """Return one of the original's queries, with hours and days in `zone`."""
    text = (files(__package__) / "queries" / f"{name}.sql").read_text()
    return SavedQuery(name, _first_comment(text), text.replace(f"'{ORIGINAL_ZONE}'", f"'{zone}'"))


def _first_comment(text: str) -> str:
    """Return the comment at the beginning of a query, as one line."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def mart_query(mart: Mart, parameters: MartParameters) -> SavedQuery:
    """Return a mart's query over Athena's tables, with the `parameters` filled in.

    The queries of intermediate results are part of it: Athena has no tables of them.
    """
    query = sqlglot.parse_one(mart.sql, read="duckdb")
    ctes = query.find(exp.With)
    for table in mart.sources:
        if ctes and isinstance(table, Mart) and table.is_partial:
            of_all_months = sqlglot.parse_one(table.sql, read="duckdb")
            of_all_months.set("order", None)
            cte = exp.CTE(
                this=of_all_months, alias=exp.TableAlias(this=exp.to_identifier(table.name))
            )
            ctes.set("expressions", [cte, *ctes.expressions])
    sql = query.sql("duckdb")
    athena_sql = to_athena(sql, parameters, {ENRICHED_UPDATES.name: TELEGRAM.name})
    return SavedQuery(f"mart_{mart.name}", mart.description, athena_sql)


def to_athena(duckdb_sql: str, parameters: MartParameters, tables: Mapping[str, str]) -> str:
    """Translate a query from DuckDB's dialect, fill in its parameters, and rename `tables`.

    Athena has no named parameters.
    """
    query = sqlglot.parse_one(duckdb_sql, read="duckdb")
    values = parameters.used_by(duckdb_sql)
    for parameter in list(query.find_all(exp.Parameter, exp.Placeholder)):
        parameter.replace(exp.Literal.string(values[parameter.name]))
    for table in list(query.find_all(exp.Table)):
        if table.name in tables:
            table.replace(exp.table_(tables[table.name], alias=table.alias or table.name))
    return query.sql("athena", pretty=True)


class Workgroup:
    """The queries that a workgroup has for a database."""

    def __init__(self, athena: Any, name: str, database: str) -> None:
        """Use an Athena client for the workgroup `name` and its queries of `database`."""
        self._athena, self._name, self._database = athena, name, database

    def compare(self, queries: Iterable[SavedQuery]) -> Iterator[Diff]:
        """Compare each query with AWS; raises AthenaError."""
        with translate_aws_errors():
            saved = {query["Name"]: query for query in self._saved()}
        for query in queries:
            yield self._compare(query, saved.get(query.name))

    def _compare(self, query: SavedQuery, found: dict[str, str] | None) -> Diff:
        what = f"query {query.name}"
        if found is None:
            return Diff(what, DiffState.MISSING, apply=lambda: self._create(query))
        differences = [
            f"the {field} differs"
            for field, declared, saved in (
                ("description", query.description, found.get("Description")),
                ("text", query.sql, found["QueryString"]),
            )
            if declared != saved
        ]
        if not differences:
            return Diff(what, DiffState.AS_DECLARED)
        query_id = found["NamedQueryId"]
        return Diff(
            what, DiffState.DIFFERENT, tuple(differences), lambda: self._update(query_id, query)
        )

    def _saved(self) -> Iterator[dict[str, str]]:
        try:
            self._athena.get_work_group(WorkGroup=self._name)
        except self._athena.exceptions.InvalidRequestException as error:
            raise AthenaError(
                f"There is no workgroup {self._name}: create it, or set TG_ATHENA_WORKGROUP."
            ) from error
        pages = self._athena.get_paginator("list_named_queries").paginate(WorkGroup=self._name)
        for page in pages:
            for query_id in page["NamedQueryIds"]:
                query = self._athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
                if query["Database"] == self._database:
                    yield query

    def _create(self, query: SavedQuery) -> None:
        with translate_aws_errors():
            self._athena.create_named_query(
                Name=query.name,
                Description=query.description,
                Database=self._database,
                QueryString=query.sql,
                WorkGroup=self._name,
            )

    def _update(self, query_id: str, query: SavedQuery) -> None:
        with translate_aws_errors():
            self._athena.update_named_query(
                NamedQueryId=query_id,
                Name=query.name,
                Description=query.description,
                QueryString=query.sql,
            )
