"""A proxy between a bot and the Bot API, which stores what it gets and what it sends."""
