"""The source: how an update is built and how its bytes are read."""
