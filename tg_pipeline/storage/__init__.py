"""Objects and Parquet files behind a URI: reads, writes, retries and errors."""
