"""The history of chats that Telegram Desktop exports, read as a stream."""
