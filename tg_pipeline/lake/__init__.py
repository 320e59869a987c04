"""The store: the landing zone's objects and the layers' Parquet partitions, by URI."""
