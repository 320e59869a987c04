"""The object store: landing zone and Parquet partitions under a URI (file, s3 or memory)."""
