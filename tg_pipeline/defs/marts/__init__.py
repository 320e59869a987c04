"""The marts in Dagster."""
