"""The saved queries of an Athena workgroup: one of a name.

https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tg_pipeline.athena.aws import one_sentence
from tg_pipeline.athena.errors import AthenaError
from tg_pipeline.athena.findings import Finding, State
from tg_pipeline.athena.saved_queries import SavedQuery


class Workgroup:
    """The queries that are saved for a database in a workgroup."""

    def __init__(self, athena: Any, name: str, database: str) -> None:
        """Look through an Athena client at what `name` keeps for `database`."""
        self._athena, self._name, self._database = athena, name, database

    def compare(self, queries: Iterable[SavedQuery]) -> Iterator[Finding]:
        """Give each query as it is found; raises AthenaError."""
        with one_sentence():
            kept = {query["Name"]: query for query in self._kept()}
        for query in queries:
            yield self._compare(query, kept.get(query.name))

    def _compare(self, query: SavedQuery, found: dict[str, str] | None) -> Finding:
        what = f"query {query.name}"
        if found is None:
            return Finding(what, State.MISSING, mend=lambda: self._create(query))
        told = [
            f"the {fact} differs"
            for fact, here, there in (
                ("description", query.description, found.get("Description")),
                ("text", query.sql, found["QueryString"]),
            )
            if here != there
        ]
        if not told:
            return Finding(what, State.AS_DECLARED)
        key = found["NamedQueryId"]
        return Finding(what, State.DIFFERENT, tuple(told), lambda: self._update(key, query))

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
