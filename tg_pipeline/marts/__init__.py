"""Small tables that answer questions, one SQL file each. No Dagster, no stores, no clock."""
