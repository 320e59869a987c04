"""How a table in the catalog differs from its declaration, phrase by phrase."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tg_pipeline.athena.tables import TableInput

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
