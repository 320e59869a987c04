"""Where Athena stores the results of queries: files with rows of the lake, and their versions."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from tg_pipeline.aws import open_client, open_s3_client, translate_aws_errors
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.privacy.search import Finding
from tg_pipeline.privacy.versions import ObjectVersion, VersionedBucket
from tg_pipeline.settings import Settings

PLACE: Final = "Athena's results"

_EXECUTION_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""The id of a query, which is in the name of each of its files. Other objects are not results.

https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""


def open_results(settings: Settings) -> VersionedBucket | Finding | None:
    """Open the place of the workgroup's results; None if Athena is not set up for the lake.

    A Finding says why the place can't be reached, though Athena is set up (TG_ATHENA_REGISTER).
    """
    if not settings.lake_uri.startswith("s3://"):
        return None
    try:
        location = _output_location(settings)
    except AthenaError as error:
        return Finding(PLACE, unreachable=str(error)) if settings.athena.registers else None
    if not location:
        return None
    parts = urlsplit(location)
    return VersionedBucket(location, parts.netloc, parts.path.lstrip("/"), open_s3_client())


def result_versions(bucket: VersionedBucket) -> Iterator[ObjectVersion]:
    """Yield all versions of the results of queries; raises StoreError."""
    return (each for each in bucket.versions() if _EXECUTION_ID.search(each.full_key))


def _output_location(settings: Settings) -> str:
    """Return the URI of the results; empty if the workgroup names none. Raises AthenaError."""
    client = open_client("athena", settings.athena.region)
    with translate_aws_errors():
        found = client.get_work_group(WorkGroup=settings.athena.workgroup)
    configuration = found.get("WorkGroup", {}).get("Configuration", {})
    location: str = configuration.get("ResultConfiguration", {}).get("OutputLocation", "")
    return location if location.startswith("s3://") else ""
