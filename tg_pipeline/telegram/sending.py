"""Sends texts and pictures to a chat; what is too long is cut."""

from typing import TYPE_CHECKING, Final

from tg_pipeline.telegram.answers import SentMessage
from tg_pipeline.telegram.marked_text import Lines, fit, to_markdown
from tg_pipeline.telegram.uploads import Upload

if TYPE_CHECKING:
    # Its HTTP library takes 0.1 s to import: only what calls Telegram waits for it.
    from tg_pipeline.telegram.client import BotApi

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
"""UTF-16 units, markup not counted. https://core.telegram.org/bots/api#sendmessage, #sendphoto."""

_MARKED: Final = "MarkdownV2"


def send_message(api: "BotApi", chat: str, text: Lines) -> int:
    """Send a text; give its number in the chat. https://core.telegram.org/bots/api#sendmessage."""
    parameters = {
        "chat_id": chat,
        "text": to_markdown(fit(text, LONGEST_TEXT)),
        "parse_mode": _MARKED,
        "link_preview_options": {"is_disabled": True},
    }
    return api.ask("sendMessage", SentMessage, parameters).message_id


def send_photo(api: "BotApi", chat: str, png: bytes, caption: Lines) -> int:
    """Send a picture, without a sound: the text before it has made one.

    https://core.telegram.org/bots/api#sendphoto
    """
    parameters = {
        "chat_id": chat,
        "caption": to_markdown(fit(caption, LONGEST_CAPTION)),
        "parse_mode": _MARKED,
        "disable_notification": True,
    }
    upload = Upload("photo", "chart.png", png)
    return api.ask("sendPhoto", SentMessage, parameters, upload).message_id
