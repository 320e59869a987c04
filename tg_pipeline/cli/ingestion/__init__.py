"""Commands through which updates arrive: files, exports, polling, webhooks, the proxy."""
