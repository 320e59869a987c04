"""Alerts about failed runs."""
