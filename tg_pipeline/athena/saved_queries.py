"""The saved queries of an Athena workgroup: one of a name.

https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import sqlglot
from sqlglot import exp

from tg_pipeline.athena.glue import Diff, DiffState
from tg_pipeline.aws import translate_aws_errors as one_sentence
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.cumulative import ACTIVE_USERS, FREQUENT_QUESTIONS, RETENTION
from tg_pipeline.marts.daily import COMMANDS, CONTENT_MIX, DAILY_ACTIVITY, USER_ACTIVITY
from tg_pipeline.marts.mart import Mart
from tg_pipeline.query.session import TELEGRAM

ZONE: Final = "timezone"
"""The parameter that queries have for the time zone; Athena has no named ones."""


def to_duckdb(athena_sql: str) -> str:
    """Give a query of Athena's in DuckDB's SQL."""
    return sqlglot.parse_one(athena_sql, read="athena").sql("duckdb", pretty=True)


def to_athena(duckdb_sql: str, zone: str, tables: Mapping[str, str]) -> str:
    """Give a query of DuckDB's in Athena's SQL, its clocks in `zone`, with `tables` renamed."""
    query = sqlglot.parse_one(duckdb_sql, read="duckdb")
    for parameter in list(query.find_all(exp.Parameter, exp.Placeholder)):
        if parameter.name == ZONE:
            parameter.replace(exp.Literal.string(zone))
    for table in list(query.find_all(exp.Table)):
        if table.name in tables:
            table.replace(exp.table_(tables[table.name], alias=table.alias or table.name))
    return query.sql("athena", pretty=True)


FIRST_ZONE: Final = "America/Sao_Paulo"
"""The zone that the original's queries are written for; another one takes its place."""

ORIGINALS: Final = (
    "messages_per_day",
    "messages_per_user_per_day",
    "text_length_per_user_per_day",
    "messages_per_hour_weekday_week",
)
"""The queries that the original was presented with, in its order."""


MARTS: Final = (
    DAILY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    ACTIVE_USERS,
    RETENTION,
    FREQUENT_QUESTIONS,
)
"""Marts whose SQL says the same in Athena's dialect: plain aggregates and joins."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query, ready to be run in Athena."""

    name: str
    description: str
    sql: str


def original(name: str, zone: str) -> SavedQuery:
    """Give one of the original's queries, with clocks in `zone`."""
    text = (files(__package__) / "queries" / f"{name}.sql").read_text()
    return SavedQuery(name, _first_comment(text), text.replace(f"'{FIRST_ZONE}'", f"'{zone}'"))


def of_mart(mart: Mart, zone: str) -> SavedQuery:
    """Give the query that makes a mart, over Athena's tables and with clocks in `zone`."""
    athena_sql = to_athena(mart.sql, zone, {ENRICHED_UPDATES.name: TELEGRAM.name})
    return SavedQuery(f"mart_{mart.name}", mart.answers, athena_sql)


def saved_queries(zone: str) -> list[SavedQuery]:
    """Give all of them, with clocks in `zone`."""
    return [
        *(original(name, zone) for name in ORIGINALS),
        *(of_mart(mart, zone) for mart in MARTS),
    ]


def _first_comment(text: str) -> str:
    """Give the comment that a query begins with, as one line."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


class Workgroup:
    """The queries that are saved for a database in a workgroup."""

    def __init__(self, athena: Any, name: str, database: str) -> None:
        """Look through an Athena client at what `name` keeps for `database`."""
        self._athena, self._name, self._database = athena, name, database

    def compare(self, queries: Iterable[SavedQuery]) -> Iterator[Diff]:
        """Give each query as it is found; raises AthenaError."""
        with one_sentence():
            kept = {query["Name"]: query for query in self._kept()}
        for query in queries:
            yield self._compare(query, kept.get(query.name))

    def _compare(self, query: SavedQuery, found: dict[str, str] | None) -> Diff:
        what = f"query {query.name}"
        if found is None:
            return Diff(what, DiffState.MISSING, mend=lambda: self._create(query))
        told = [
            f"the {fact} differs"
            for fact, here, there in (
                ("description", query.description, found.get("Description")),
                ("text", query.sql, found["QueryString"]),
            )
            if here != there
        ]
        if not told:
            return Diff(what, DiffState.AS_DECLARED)
        key = found["NamedQueryId"]
        return Diff(what, DiffState.DIFFERENT, tuple(told), lambda: self._update(key, query))

    def _kept(self) -> Iterator[dict[str, str]]:
        try:
            self._athena.get_work_group(WorkGroup=self._name)
        except self._athena.exceptions.InvalidRequestException as error:
            raise AthenaError(
                f"There is no workgroup {self._name}: make it, or set TG_ATHENA_WORKGROUP."
            ) from error
        pages = self._athena.get_paginator("list_named_queries").paginate(WorkGroup=self._name)
        for page in pages:
            for key in page["NamedQueryIds"]:
                query = self._athena.get_named_query(NamedQueryId=key)["NamedQuery"]
                if query["Database"] == self._database:
                    yield query

    def _create(self, query: SavedQuery) -> None:
        with one_sentence():
            self._athena.create_named_query(
                Name=query.name,
                Description=query.description,
                Database=self._database,
                QueryString=query.sql,
                WorkGroup=self._name,
            )

    def _update(self, key: str, query: SavedQuery) -> None:
        with one_sentence():
            self._athena.update_named_query(
                NamedQueryId=key,
                Name=query.name,
                Description=query.description,
                QueryString=query.sql,
            )
