"""SQL over the lake with DuckDB."""
