"""Commands that check, repair and keep a pipeline: its state, damage, retention, units."""
