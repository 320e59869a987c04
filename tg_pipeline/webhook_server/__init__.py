"""The webhook behind an HTTP server on your own machine."""
