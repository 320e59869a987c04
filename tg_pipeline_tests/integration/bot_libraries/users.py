"""The bot's users: their actions in chats, generated from a seed, and the expected answers."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.fakes.telegram_api.messages import SentMessage, chat
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

PEOPLE = [1001, 1002, 1003, 1004]
GROUPS = [-1_001_000_000_001, -1_001_000_000_002]
NOT_YET = "telepathy"
"""An update type that no library knows."""

ALLOWED = [*UPDATE_TYPES, NOT_YET]
PROMPT = "answer to "


class Users:
    """Each question has a number, and a lane, within which questions are asked in order."""

    def __init__(self, telegram: TelegramServer, seed: int) -> None:
        self._telegram, self._random = telegram, Random(seed)  # noqa: S311 - no secret
        self.commands: dict[int, str] = {}
        self.questions: dict[str, list[int]] = defaultdict(list)
        self._acts: dict[Callable[[], object], int] = {
            self._ask: 8,
            self._edit: 3,
            self._press: 3,
            self._send_other: 6,
            self._chat: 2,
        }

    def act(self, times: int) -> None:
        """Perform a number of random actions."""
        acts, weights = list(self._acts), list(self._acts.values())
        for act in self._random.choices(acts, weights, k=times):
            act()

    def answers(self) -> dict[str, list[int]]:
        """Return the numbers of the answered questions by lane."""
        lanes = {number: lane for lane, asked in self.questions.items() for number in asked}
        answers: dict[str, list[int]] = defaultdict(list)
        for message in self._telegram.messages:
            number = answered(message)
            answers[lanes[number]].append(number)
        return answers

    def _ask(self) -> None:
        where = self._random.choice(PEOPLE + GROUPS)
        self._telegram.user_sends(where, self._command(where), user_id=self._who(where))

    def _edit(self) -> None:
        where = self._random.choice(PEOPLE + GROUPS)
        text = self._command(where)
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        edited = self._written(where) | {"edit_date": now(), "text": text, "entities": [command]}
        self._telegram.push({"edited_message": edited})

    def _press(self) -> None:
        who = self._random.choice(PEOPLE)
        message = self._written(who) | {"text": "a button"}
        query = {"id": "77", "from": person(who), "message": message, "chat_instance": "1"}
        data = str(self._question("press", lane=f"user {who}"))
        self._telegram.push({"callback_query": query | {"data": data}})

    def _chat(self) -> None:
        """Write a message that is not a question, in unusual JSON."""
        message = json.dumps(self._written(self._random.choice(PEOPLE)) | {"text": "olá\0 😀"})
        self._telegram.push(b'{ "message":\t%b ,\r\n"update_id" : 0 }\n' % message.encode())

    def _send_other(self) -> None:
        """Send an update that is not a message, or one whose type no library knows."""
        who, here = person(self._random.choice(PEOPLE)), {"chat": chat(GROUPS[0]), "date": now()}
        thumb = {"type": "emoji", "emoji": "👍"}
        reaction = {"message_id": 1, "old_reaction": [], "new_reaction": [thumb], "user": who}
        left, joined = ({"status": status, "user": who} for status in ("left", "member"))
        change = {"from": who, "old_chat_member": left, "new_chat_member": joined}
        chosen = {"option_ids": [1], "option_persistent_ids": ["a"]}
        others: list[dict[str, Any] | bytes] = [
            {"message_reaction": here | reaction},
            {"chat_member": here | change},
            {"poll_answer": {"poll_id": "5", **chosen, "user": who}},
            {"inline_query": {"id": "78", "query": "cats", "offset": "", "from": who}},
            b'{"update_id":0,"telepathy":{"of":"\\u00e9\\ud83e\\udd14","at":1.10e3}}',
        ]
        self._telegram.push(self._random.choice(others))

    def _command(self, where: int) -> str:
        name = self._random.choice(["ask", "tell"])
        return f"/{name} {self._question(name, lane=f'chat {where}')}"

    def _question(self, command: str, lane: str) -> int:
        number = len(self.commands) + 1
        self.commands[number] = command
        self.questions[lane].append(number)
        return number

    def _written(self, where: int) -> dict[str, Any]:
        sender = person(self._who(where))
        return {"message_id": 1, "from": sender, "chat": chat(where), "date": now()}

    def _who(self, where: int) -> int:
        return where if where > 0 else self._random.choice(PEOPLE)


def answered(message: SentMessage) -> int:
    """Return the number of the question that a message answers."""
    assert message.text.startswith(PROMPT), message.text
    return int(message.text.removeprefix(PROMPT))


def person(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"}


def now() -> int:
    return int(time.time())
