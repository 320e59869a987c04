"""The tables in the Glue catalog, which Athena reads, compared with their declarations.

https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from tg_pipeline.athena.tables import TableInput
from tg_pipeline.aws import translate_aws_errors

OWN_PARAMETERS: Final = ("projection.", "storage.location.")
"""Prefixes of the parameters that compute the partitions: an undeclared one is a difference."""

GlueTable = Mapping[str, Any]
"""A table as Glue returns it, or takes it."""


class DiffState(Enum):
    """How something in AWS compares with its declaration."""

    AS_DECLARED = "as declared"
    MISSING = "missing"
    DIFFERENT = "different"

    @property
    def applied(self) -> str:
        """What `sync` does about it, in the past tense."""
        return {DiffState.MISSING: "created", DiffState.DIFFERENT: "updated"}.get(self, self.value)


@dataclass(frozen=True, slots=True)
class Diff:
    """The comparison of one declared thing with what is in AWS."""

    what: str
    """Its kind and name, for people."""

    state: DiffState
    differences: tuple[str, ...] = ()
    apply: Callable[[], None] = lambda: None
    """Creates or updates it as declared; raises AthenaError."""

    @property
    def needs_change(self) -> bool:
        """Whether it is not as declared."""
        return self.state is not DiffState.AS_DECLARED


class Catalog:
    """A database of the Glue catalog."""

    def __init__(self, glue: Any, database: str) -> None:
        """Use a Glue client for a database, which need not exist yet."""
        self._glue, self._database = glue, database

    def compare(self, tables: Iterable[TableInput]) -> Iterator[Diff]:
        """Compare the database and each table with AWS; raises AthenaError."""
        with translate_aws_errors():
            yield self._compare_database()
        for table in tables:
            with translate_aws_errors():
                yield self._compare_table(table)

    def _compare_database(self) -> Diff:
        what = f"database {self._database}"
        try:
            self._glue.get_database(Name=self._database)
        except self._glue.exceptions.EntityNotFoundException:
            return Diff(what, DiffState.MISSING, apply=self._create_database)
        return Diff(what, DiffState.AS_DECLARED)

    def _compare_table(self, table: TableInput) -> Diff:
        what = f"table {table['Name']}"
        try:
            found = self._glue.get_table(DatabaseName=self._database, Name=table["Name"])["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return Diff(what, DiffState.MISSING, apply=lambda: self._create_table(table))
        differences = tuple(_differences(table, found))
        if not differences:
            return Diff(what, DiffState.AS_DECLARED)
        update = _with_other_parameters(table, found)
        return Diff(what, DiffState.DIFFERENT, differences, lambda: self._update_table(update))

    def _create_database(self) -> None:
        with translate_aws_errors():
            self._glue.create_database(
                DatabaseInput={"Name": self._database, "Description": "A Telegram bot's updates."}
            )

    def _create_table(self, table: TableInput) -> None:
        with translate_aws_errors():
            self._glue.create_table(DatabaseName=self._database, TableInput=table)

    def _update_table(self, table: TableInput) -> None:
        with translate_aws_errors():
            self._glue.update_table(DatabaseName=self._database, TableInput=table)


def _with_other_parameters(declared: TableInput, found: GlueTable) -> TableInput:
    """Return the declared table with the parameters that others, such as crawlers, have set."""
    parameters = found.get("Parameters", {}).items()
    others = {name: value for name, value in parameters if not name.startswith(OWN_PARAMETERS)}
    return {**declared, "Parameters": {**others, **declared["Parameters"]}}


def _differences(declared: TableInput, found: GlueTable) -> list[str]:
    """Return the differences from the declaration; parameters set by others are ignored."""
    differences = [
        *_column_differences("column", declared["StorageDescriptor"], found["StorageDescriptor"]),
        *_column_differences("partition key", declared, found),
        *_value_differences(_properties(declared), _properties(found)),
        *_value_differences(_parameters(declared, declared), _parameters(found, declared)),
    ]
    return differences or _order_differences(declared, found)


def _column_differences(kind: str, declared: GlueTable, found: GlueTable) -> Iterator[str]:
    declared_columns, found_columns = _columns(declared), _columns(found)
    yield from _value_differences(_types(kind, declared_columns), _types(kind, found_columns))
    for name, column in declared_columns.items():
        if name in found_columns and found_columns[name].get("Comment", "") != column["Comment"]:
            yield f"the comment on {kind} {name} differs"


def _order_differences(declared: TableInput, found: GlueTable) -> list[str]:
    orders = [list(_columns(table["StorageDescriptor"])) for table in (declared, found)]
    return [] if orders[0] == orders[1] else ["the columns are in another order"]


def _value_differences(declared: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*declared, *found]):
        if name not in found:
            yield f"{name} is missing"
        elif name not in declared:
            yield f"{name} is not declared"
        elif found[name] != declared[name]:
            yield f"{name} is {found[name]!r}, not {declared[name]!r}"


def _columns(part: GlueTable) -> dict[str, Mapping[str, str]]:
    columns = part.get("Columns", part.get("PartitionKeys", []))
    return {column["Name"]: column for column in columns}


def _types(kind: str, columns: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{kind} {name}": column["Type"] for name, column in columns.items()}


def _properties(table: GlueTable) -> dict[str, str]:
    storage = table["StorageDescriptor"]
    return {
        "description": table.get("Description", ""),
        "type": table.get("TableType", ""),
        "location": storage.get("Location", ""),
        "input format": storage.get("InputFormat", ""),
        "output format": storage.get("OutputFormat", ""),
        "SerDe": storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
    }


def _parameters(table: GlueTable, declared: TableInput) -> dict[str, str]:
    return {
        f"parameter {name}": value
        for name, value in table.get("Parameters", {}).items()
        if name in declared["Parameters"] or name.startswith(OWN_PARAMETERS)
    }
