"""The registration in Athena: database, tables and saved queries, compared or brought in sync."""

from collections.abc import Iterator

from tg_pipeline.athena.glue import Catalog, Diff
from tg_pipeline.athena.saved_queries import Workgroup, saved_queries
from tg_pipeline.athena.tables import declared_tables
from tg_pipeline.aws import open_client
from tg_pipeline.builds.parameters import mart_parameters
from tg_pipeline.settings import Settings
from tg_pipeline.storage.object_store import open_object_store


def diff(settings: Settings) -> Iterator[Diff]:
    """Compare the database, each table and each saved query with AWS; raises AthenaError."""
    tables, athena = declared_tables(settings), settings.athena
    catalog = Catalog(open_client("glue", athena.region), athena.database)
    yield from catalog.compare(tables)
    client = open_client("athena", athena.region)
    workgroup = Workgroup(client, athena.workgroup, athena.database)
    landing = open_object_store(settings.landing_uri)
    yield from workgroup.compare(saved_queries(mart_parameters(settings, landing)))


def sync(settings: Settings) -> Iterator[Diff]:
    """Create and update everything as declared, and yield each comparison; raises AthenaError."""
    for each in diff(settings):
        if each.needs_change:
            each.apply()
        yield each
