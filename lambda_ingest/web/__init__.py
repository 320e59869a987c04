"""HTTP: events of API Gateway, addresses, forwarding and the request log."""
