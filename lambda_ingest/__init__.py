"""The front door: an update comes in, one object goes out to the landing zone."""
