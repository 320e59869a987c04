"""Processes that the benchmarks start: servers on this machine, and what is measured alone."""
