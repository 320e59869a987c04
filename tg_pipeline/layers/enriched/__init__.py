"""The layer enriched_updates: its columns, and how payloads become rows."""
