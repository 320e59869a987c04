"""What a user writes, as an update."""

import time
from dataclasses import dataclass, field
from typing import Any

from tg_pipeline_tests.telegram_server.messages import chat

ANYONE = 1001
"""The user who writes in a group where a test doesn't say who."""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A text in a chat; in a private chat, by the user it is with."""

    chat_id: int
    message_id: int
    text: str
    user_id: int | None = None
    reply_to: int | None = None
    date: int = field(default_factory=lambda: int(time.time()))

    def update(self) -> dict[str, Any]:
        """Give the update that a bot gets."""
        message = self._numbered(self.message_id) | {"from": self._sender(), "text": self.text}
        if self.text.startswith("/"):
            length = len(self.text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if self.reply_to is not None:
            message["reply_to_message"] = self._numbered(self.reply_to)
        return {"message": message}

    def _numbered(self, message_id: int) -> dict[str, Any]:
        return {"message_id": message_id, "date": self.date, "chat": chat(self.chat_id)}

    def _sender(self) -> dict[str, Any]:
        user_id = self.user_id or (self.chat_id if self.chat_id > 0 else ANYONE)
        return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"}
