"""Every table that Athena is to know, where the settings place it."""

from tg_pipeline.athena.errors import AthenaError
from tg_pipeline.athena.tables import ATHENA_TABLES, Place, TableInput, table_input
from tg_pipeline.settings import Settings


def declared_tables(settings: Settings) -> list[TableInput]:
    """Give the tables as Glue takes them; raises AthenaError where Athena can't read the lake."""
    if not settings.lake_uri.startswith("s3://"):
        raise AthenaError(
            f"Athena reads S3, and TG_LAKE_URI is {settings.lake_uri}: set it to s3://bucket/prefix."
        )
    place = Place(settings.lake_uri, settings.start_date.isoformat())
    return [table_input(table, place) for table in ATHENA_TABLES]
