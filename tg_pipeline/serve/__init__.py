"""The webhook behind an HTTP server of our own, for a machine without AWS."""
