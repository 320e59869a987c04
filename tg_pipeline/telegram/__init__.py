"""The Bot API: its objects, its client, polling, webhooks and messages."""
