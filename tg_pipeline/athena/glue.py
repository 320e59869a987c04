"""The tables in the Glue catalog, which Athena reads.

https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from tg_pipeline.athena.tables import TableInput
from tg_pipeline.aws import translate_aws_errors as one_sentence

OURS: Final = ("projection.", "storage.location.")
"""Parameters that decide where partitions are looked for: one too many is a difference as well."""

Table = Mapping[str, Any]
"""A table as Glue gives it, or takes it."""


def differences(declared: TableInput, found: Table) -> list[str]:
    """Give what is not as declared; parameters that others have put there are not looked at."""
    told = [
        *_of_columns("column", declared["StorageDescriptor"], found["StorageDescriptor"]),
        *_of_columns("partition key", declared, found),
        *_of_facts(_facts(found), _facts(declared)),
        *_of_facts(_parameters(found, declared), _parameters(declared, declared)),
    ]
    return told or _of_order(declared, found)


def updated(declared: TableInput, found: Table) -> TableInput:
    """Give the declared table with the parameters that others have put there."""
    parameters = found.get("Parameters", {}).items()
    kept = {name: value for name, value in parameters if not name.startswith(OURS)}
    return {**declared, "Parameters": {**kept, **declared["Parameters"]}}


def _facts(table: Table) -> dict[str, str]:
    storage = table["StorageDescriptor"]
    return {
        "description": table.get("Description", ""),
        "type": table.get("TableType", ""),
        "location": storage.get("Location", ""),
        "input format": storage.get("InputFormat", ""),
        "output format": storage.get("OutputFormat", ""),
        "SerDe": storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
    }


def _parameters(table: Table, declared: TableInput) -> dict[str, str]:
    return {
        f"parameter {name}": value
        for name, value in table.get("Parameters", {}).items()
        if name in declared["Parameters"] or name.startswith(OURS)
    }


def _columns(part: Table) -> dict[str, Mapping[str, str]]:
    columns = part.get("Columns", part.get("PartitionKeys", []))
    return {column["Name"]: column for column in columns}


def _of_columns(kind: str, declared: Table, found: Table) -> Iterator[str]:
    before, after = _columns(found), _columns(declared)
    yield from _of_facts(_types(kind, before), _types(kind, after))
    for name, column in after.items():
        if name in before and before[name].get("Comment", "") != column["Comment"]:
            yield f"the comment on {kind} {name} differs"


def _types(kind: str, columns: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{kind} {name}": column["Type"] for name, column in columns.items()}


def _of_facts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for fact in dict.fromkeys([*after, *before]):
        if fact not in before:
            yield f"{fact} is missing"
        elif fact not in after:
            yield f"{fact} is not declared"
        elif before[fact] != after[fact]:
            yield f"{fact} is {before[fact]!r}, not {after[fact]!r}"


def _of_order(declared: TableInput, found: Table) -> list[str]:
    orders = [list(_columns(table["StorageDescriptor"])) for table in (declared, found)]
    return [] if orders[0] == orders[1] else ["the columns stand in another order"]


class DiffState(Enum):
    """How something in AWS stands to its declaration."""

    AS_DECLARED = "as declared"
    MISSING = "missing"
    DIFFERENT = "different"

    @property
    def mended(self) -> str:
        """Say what was done about it."""
        return {DiffState.MISSING: "made", DiffState.DIFFERENT: "brought up to date"}.get(
            self, self.value
        )


@dataclass(frozen=True, slots=True)
class Diff:
    """Something that is declared, and how it was found."""

    what: str
    """Its kind and name, for people."""

    state: DiffState
    differences: tuple[str, ...] = ()
    mend: Callable[[], None] = lambda: None
    """Makes it as declared."""

    @property
    def is_drift(self) -> bool:
        """Say whether there is something to do."""
        return self.state is not DiffState.AS_DECLARED


class Catalog:
    """A database of the catalog."""

    def __init__(self, glue: Any, database: str) -> None:
        """Look through a Glue client at a database, which need not be there yet."""
        self._glue, self._database = glue, database

    def compare(self, tables: Iterable[TableInput]) -> Iterator[Diff]:
        """Give the database and each table as they are found; raises AthenaError."""
        with one_sentence():
            yield self._compare_database()
        for table in tables:
            with one_sentence():
                yield self._compare_table(table)

    def _compare_database(self) -> Diff:
        what = f"database {self._database}"
        try:
            self._glue.get_database(Name=self._database)
        except self._glue.exceptions.EntityNotFoundException:
            return Diff(what, DiffState.MISSING, mend=self._create_database)
        return Diff(what, DiffState.AS_DECLARED)

    def _compare_table(self, table: TableInput) -> Diff:
        what = f"table {table['Name']}"
        try:
            found = self._glue.get_table(DatabaseName=self._database, Name=table["Name"])["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return Diff(what, DiffState.MISSING, mend=lambda: self._create_table(table))
        told = tuple(differences(table, found))
        if not told:
            return Diff(what, DiffState.AS_DECLARED)
        return Diff(
            what, DiffState.DIFFERENT, told, lambda: self._update_table(updated(table, found))
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
