"""A bot: the Bot API's methods by name."""

from contextlib import suppress

from tg_pipeline_tests.fakes.loopback import Changes
from tg_pipeline_tests.fakes.telegram_api.messages import How, Messages
from tg_pipeline_tests.fakes.telegram_api.protocol import (
    Answer,
    ApiError,
    Params,
    result,
)
from tg_pipeline_tests.fakes.telegram_api.receiving import Receiving
from tg_pipeline_tests.fakes.telegram_api.update_queue import UpdateQueue

SENDING = {name.lower(): name for name in ["sendMessage", "sendPhoto"]}
ALWAYS_TRUE = frozenset({"answercallbackquery", "answerinlinequery"})
NOT_IN_A_RESPONSE = frozenset({"setwebhook", "deletewebhook"})


class Bot:
    def __init__(self, bot_id: int, queue: UpdateQueue, timeout: float, changes: Changes) -> None:
        name = {"first_name": f"Bot {bot_id}", "username": f"test_{bot_id}_bot"}
        self._user = {"id": bot_id, "is_bot": True} | name
        self.messages = Messages(self._user, changes)
        self.receiving = Receiving(queue, timeout, self._execute_reply, changes)
        self._methods = {
            "getme": self._get_me,
            "getupdates": self.receiving.get_updates,
            "setwebhook": self.receiving.set_webhook,
            "deletewebhook": self.receiving.delete_webhook,
            "getwebhookinfo": self.receiving.get_webhook_info,
        }

    async def call(self, method: str, params: Params, how: How = "call") -> Answer:
        name = method.lower()
        if name in SENDING:
            return self.messages.send(SENDING[name], params, how)
        if name in ALWAYS_TRUE:
            return result(value=True)
        if name in self._methods:
            return await self._methods[name](params)
        raise ApiError(404, "Not Found")

    async def _execute_reply(self, reply: Params) -> None:
        """Execute the call in a webhook's response, unless it would need an answer."""
        method = str(reply.get("method", "")).lower()
        if not method or method in NOT_IN_A_RESPONSE or method.startswith("get"):
            return
        params = {name: value for name, value in reply.items() if name != "method"}
        with suppress(ApiError):
            await self.call(method, params, "webhook reply")

    async def _get_me(self, _: Params) -> Answer:
        reach = {"can_join_groups": True, "can_read_all_group_messages": False}
        return result(self._user | reach | {"supports_inline_queries": False})
