"""Athena's tables in Dagster."""
