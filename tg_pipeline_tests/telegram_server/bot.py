"""A bot, as the Bot API sees it: its methods, by their names."""

from contextlib import suppress
from typing import Any

from tg_pipeline_tests.telegram_server.answers import Answer, ApiError, result
from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.messages import How, Messages
from tg_pipeline_tests.telegram_server.pace import Pace
from tg_pipeline_tests.telegram_server.params import Params, structure
from tg_pipeline_tests.telegram_server.receiving import Receiving
from tg_pipeline_tests.telegram_server.update_queue import UpdateQueue

SENDING = {name.lower(): name for name in ["sendMessage", "sendPhoto", "sendDocument"]}
SAYING_YES = frozenset(
    """
    answercallbackquery answerinlinequery answerprecheckoutquery answershippingquery close
    deletemessage logout sendchataction setchatmenubutton setmessagereaction setmydescription
    setmyname setmyshortdescription
    """.split()
)
NOT_IN_A_REPLY = frozenset({"setwebhook", "deletewebhook", "close", "logout"})


class Bot:
    """Answers calls, and executes what a webhook replies."""

    def __init__(self, bot_id: int, queue: UpdateQueue, pace: Pace, changes: Changes) -> None:
        name = {"first_name": f"Bot {bot_id}", "username": f"test_{bot_id}_bot"}
        self._user = {"id": bot_id, "is_bot": True} | name
        self._commands: list[Any] = []
        self.messages = Messages(self._user, changes)
        self.receiving = Receiving(queue, pace, self._take_reply, changes)
        self._methods = {
            "getme": self._get_me,
            "getmycommands": self._get_my_commands,
            "setmycommands": self._set_my_commands,
            "deletemycommands": self._set_my_commands,
            "getupdates": self.receiving.get_updates,
            "setwebhook": self.receiving.set_webhook,
            "deletewebhook": self.receiving.delete_webhook,
            "getwebhookinfo": self.receiving.get_webhook_info,
        }

    async def call(self, method: str, params: Params, how: How = "call") -> Answer:
        """Do what a method does; its name may be written in any case."""
        name = method.lower()
        if name in SENDING:
            return self.messages.send(SENDING[name], params, how)
        if name in SAYING_YES:
            return result(value=True)
        if name in self._methods:
            return await self._methods[name](params)
        raise ApiError(404, "Not Found")

    async def _take_reply(self, reply: Params) -> None:
        """Nobody is told how it went, and what would have a result is not even done."""
        method = str(reply.get("method", "")).lower()
        if not method or method in NOT_IN_A_REPLY or method.startswith("get"):
            return
        params = {name: value for name, value in reply.items() if name != "method"}
        with suppress(ApiError):
            await self.call(method, params, "webhook reply")

    async def _get_me(self, _: Params) -> Answer:
        reach = {"can_join_groups": True, "can_read_all_group_messages": False}
        return result(self._user | reach | {"supports_inline_queries": False})

    async def _get_my_commands(self, _: Params) -> Answer:
        return result(self._commands)

    async def _set_my_commands(self, params: Params) -> Answer:
        self._commands = structure(params, "commands") or []
        return result(value=True)
