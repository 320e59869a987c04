"""A Telegram bot's updates, turned into tables and answers."""
