"""Commands that build days, start Dagster, and what these need."""
