"""What the Bot API tells of a bot, as far as the commands show it."""

import msgspec


class BotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The bot. https://core.telegram.org/bots/api#getme."""

    id: int
    first_name: str
    username: str = ""
    can_join_groups: bool = False
    can_read_all_group_messages: bool = False
    can_connect_to_business: bool = False


class WebhookInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where updates go, and how that went. https://core.telegram.org/bots/api#webhookinfo."""

    url: str = ""
    """Empty: no webhook is set."""

    has_custom_certificate: bool = False
    pending_update_count: int = 0
    ip_address: str | None = None
    last_error_date: int | None = None
    """Unix seconds, as all dates here."""

    last_error_message: str | None = None
    last_synchronization_error_date: int | None = None
    max_connections: int | None = None
    allowed_updates: list[str] | None = None
    """None: all types but those that are only sent if named."""


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the bot's own. https://core.telegram.org/bots/api#message."""

    message_id: int
