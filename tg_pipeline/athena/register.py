"""All that Athena is to know of the lake, beside what it knows."""

from collections.abc import Iterator

from tg_pipeline.athena.glue import Catalog, Diff
from tg_pipeline.athena.saved_queries import Workgroup, saved_queries
from tg_pipeline.athena.tables import declared_tables
from tg_pipeline.aws import open_client
from tg_pipeline.settings import Settings


def diff(settings: Settings) -> Iterator[Diff]:
    """Give the database, each table and each saved query as AWS has them; raises AthenaError."""
    tables, athena = declared_tables(settings), settings.athena
    catalog = Catalog(open_client("glue", athena.region), athena.database)
    yield from catalog.compare(tables)
    client = open_client("athena", athena.region)
    yield from Workgroup(client, athena.workgroup, athena.database).compare(
        saved_queries(settings.timezone)
    )


def sync(settings: Settings) -> Iterator[Diff]:
    """Make everything as declared; give each as it was found; raises AthenaError."""
    for finding in diff(settings):
        if finding.is_drift:
            finding.mend()
        yield finding
