"""The locations of a table's partitions, computed from its parameters in the catalog.

Implemented from AWS's page only:
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

JAVA_TO_PYTHON = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}
"""https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html"""

ONE_DAY = timedelta(days=1)


def places(table: dict[str, Any], today: date) -> dict[date | None, str]:
    """Return the location of each day, or of each month by its first day; None is the only one."""
    if not table["PartitionKeys"]:
        return {None: table["StorageDescriptor"]["Location"]}
    (key,) = (each["Name"] for each in table["PartitionKeys"])
    parameters = table["Parameters"]
    assert parameters["projection.enabled"] == "true"
    form = _python_format(parameters[f"projection.{key}.format"])
    template = parameters["storage.location.template"]
    return {
        day: template.replace(f"${{{key}}}", day.strftime(form))
        for day in _days(parameters, f"projection.{key}", form, today)
    }


def _days(parameters: dict[str, str], of_key: str, form: str, today: date) -> list[date]:
    step = (parameters[f"{of_key}.type"], parameters[f"{of_key}.interval"])
    assert step == ("date", "1")
    first, last = (_bound(text, form, today) for text in parameters[f"{of_key}.range"].split(","))
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    if parameters[f"{of_key}.interval.unit"] == "MONTHS":
        return sorted({day.replace(day=1) for day in days})
    assert parameters[f"{of_key}.interval.unit"] == "DAYS"
    return days


def _bound(text: str, form: str, today: date) -> date:
    if text.startswith("NOW"):
        return today + int(text.removeprefix("NOW").removesuffix("DAYS")) * ONE_DAY
    return datetime.strptime(text, form).replace(tzinfo=UTC).date()


def _python_format(java: str) -> str:
    for name, meaning in JAVA_TO_PYTHON.items():
        java = java.replace(name, meaning)
    return java
