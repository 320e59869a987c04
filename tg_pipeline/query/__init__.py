"""SQL over the lake: every table of it as a view of a DuckDB session."""
