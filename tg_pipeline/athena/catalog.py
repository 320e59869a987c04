"""The tables in the Glue catalog, which Athena reads.

https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tg_pipeline.athena.aws import one_sentence
from tg_pipeline.athena.drift import differences, updated
from tg_pipeline.athena.findings import Finding, State
from tg_pipeline.athena.tables import TableInput


class Catalog:
    """A database of the catalog."""

    def __init__(self, glue: Any, database: str) -> None:
        """Look through a Glue client at a database, which need not be there yet."""
        self._glue, self._database = glue, database

    def compare(self, tables: Iterable[TableInput]) -> Iterator[Finding]:
        """Give the database and each table as they are found; raises AthenaError."""
        with one_sentence():
            yield self._compare_database()
        for table in tables:
            with one_sentence():
                yield self._compare_table(table)

    def _compare_database(self) -> Finding:
        what = f"database {self._database}"
        try:
            self._glue.get_database(Name=self._database)
        except self._glue.exceptions.EntityNotFoundException:
            return Finding(what, State.MISSING, mend=self._create_database)
        return Finding(what, State.AS_DECLARED)

    def _compare_table(self, table: TableInput) -> Finding:
        what = f"table {table['Name']}"
        try:
            found = self._glue.get_table(DatabaseName=self._database, Name=table["Name"])["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return Finding(what, State.MISSING, mend=lambda: self._create_table(table))
        told = tuple(differences(table, found))
        if not told:
            return Finding(what, State.AS_DECLARED)
        return Finding(
            what, State.DIFFERENT, told, lambda: self._update_table(updated(table, found))
        )

    def _create_database(self) -> None:
        with one_sentence():
            self._glue.create_database(
                DatabaseInput={"Name": self._database, "Description": "A Telegram bot's updates."}
            )

    def _create_table(self, table: TableInput) -> None:
        with one_sentence():
            self._glue.create_table(DatabaseName=self._database, TableInput=table)

    def _update_table(self, table: TableInput) -> None:
        with one_sentence():
            self._glue.update_table(DatabaseName=self._database, TableInput=table)
