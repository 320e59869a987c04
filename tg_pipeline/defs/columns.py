"""Old names, for modules that still import them."""

from tg_pipeline.defs.metadata import column_lineage, table_schema

__all__ = ["column_lineage", "table_schema"]
