"""Expiry of data, and of the history of runs."""
