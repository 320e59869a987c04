"""The sections of the table that `python benchmarks` prints."""
