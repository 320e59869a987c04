"""Marts: small tables that answer questions, one SQL file each. No Dagster, store or clock."""
