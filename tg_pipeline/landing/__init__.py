"""The landing zone: what landed, read, written, sealed and listed."""
