"""A day of a layer, built: read, transform, write, count. Everything but Dagster."""
