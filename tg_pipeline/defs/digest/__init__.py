"""The digest in Dagster."""
