"""Lines in the form of an update that are none of Telegram's: calls of the bot and exports."""
