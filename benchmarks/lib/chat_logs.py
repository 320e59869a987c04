"""Chat logs with human labels of which message replies to which, as Telegram updates.

The format is that of irc-disentanglement (https://github.com/jkkummerfeld/irc-disentanglement): a
log `NAME.ascii.txt`, and `NAME.annotation.txt` with a line `A B -` for each message B that replies
to the message A. Messages are numbered by their lines, from 0; A = B begins a conversation.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

LINE: Final = re.compile(r"\[(\d\d):(\d\d)\]\s+(?:<([^>]+)>|\* (\S+)) ?(.*)")
ADDRESSED: Final = re.compile(r"(\S+?)[:,]\s")
DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")

SUPERGROUP: Final = -1_001_000_000_000
"""The id of a supergroup; the logs are chats with the ids after it."""

LABELLED_FROM: Final = 1_000
"""The line of the first labelled message; those before it are context."""

FIRST_DAY: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""The day of logs that are not named after one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a log."""

    number: int
    at: datetime
    nick: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatLog:
    """A log, and the messages that each labelled message replies to."""

    chat_id: int
    messages: list[Said]
    replied_to: dict[int, set[int]]

    @property
    def labelled(self) -> range:
        """The numbers of the labelled messages."""
        return range(LABELLED_FROM, max(self.replied_to, default=0) + 1)

    def replies(self) -> dict[int, set[int]]:
        """Return the messages by others that reply to each message."""
        nicks = {each.number: each.nick for each in self.messages}
        found: dict[int, set[int]] = defaultdict(set)
        for number, targets in self.replied_to.items():
            for target in targets:
                if nicks.get(target) != nicks.get(number):
                    found[target].add(number)
        return found


def read_logs(folder: Path) -> list[ChatLog]:
    """Read all logs of a folder."""
    paths = sorted(folder.glob("*.annotation.txt"))
    return [_read_log(path, SUPERGROUP - 1 - number) for number, path in enumerate(paths)]


def read_texts(folder: Path) -> Iterator[str]:
    """Yield what people wrote in all logs of a folder, without the name of whom they address."""
    for path in sorted(folder.glob("*.ascii.txt")):
        for said in _messages(path.read_text("utf-8", "replace"), FIRST_DAY):
            addressed = ADDRESSED.match(said.text)
            yield said.text[addressed.end() :] if addressed else said.text


def updates(log: ChatLog, reply_every: int) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the messages as updates; of the labelled replies, one in `reply_every` is one.

    With 0, none is. A text that begins with somebody's name mentions that user.
    """
    nicks = list(dict.fromkeys(each.nick for each in log.messages))
    ids = {nick.lower(): place for place, nick in enumerate(nicks, 1)}
    for place, said in enumerate(log.messages):
        user_id = ids[said.nick.lower()]
        user = {"id": user_id, "is_bot": False, "first_name": said.nick, "username": f"u{user_id}"}
        content: dict[str, Any] = {
            "message_id": said.number + 1,
            "date": int(said.at.timestamp()),
            "chat": {"id": log.chat_id, "type": "supergroup", "title": "log"},
            "from": user,
        }
        content |= _text(said.text, ids)
        targets = log.replied_to.get(said.number, set()) - {said.number}
        if targets and reply_every and place % reply_every == 0:
            content["reply_to_message"] = {"message_id": max(targets) + 1}
        yield said.at, {"update_id": place - log.chat_id, "message": content}


def _text(text: str, ids: dict[str, int]) -> dict[str, Any]:
    addressed = ADDRESSED.match(text)
    named = ids.get(addressed[1].lower()) if addressed else None
    if not addressed or named is None:
        return {"text": text}
    name = f"@u{named}"
    entity = {"type": "mention", "offset": 0, "length": len(name)}
    return {"text": f"{name} {text[addressed.end() :]}", "entities": [entity]}


def _read_log(annotation: Path, chat_id: int) -> ChatLog:
    name = annotation.name.removesuffix(".annotation.txt")
    log = annotation.with_name(f"{name}.ascii.txt").read_text("utf-8", "replace")
    replied_to: dict[int, set[int]] = defaultdict(set)
    for line in annotation.read_text("utf-8").splitlines():
        earlier, later = sorted(map(int, line.split()[:2]))
        if later >= LABELLED_FROM:
            replied_to[later].add(earlier)
    date = DATE.search(name)
    day = datetime.fromisoformat("-".join(date.groups())).replace(tzinfo=UTC) if date else FIRST_DAY
    return ChatLog(chat_id, list(_messages(log, day)), dict(replied_to))


def _messages(log: str, day: datetime) -> Iterator[Said]:
    """Yield the messages, spread evenly over the minutes in which they were sent."""
    minutes: dict[datetime, list[tuple[int, str, str]]] = {}
    before = day
    for number, line in enumerate(log.splitlines()):
        if found := LINE.match(line):
            hour, minute, nick, actor, text = found.groups()
            at = before.replace(hour=int(hour), minute=int(minute))
            before = at + timedelta(days=at < before)
            minutes.setdefault(before, []).append((number, nick or actor, text))
    for at, some in minutes.items():
        for place, (number, nick, text) in enumerate(some):
            yield Said(number, at + timedelta(seconds=60 * place // len(some)), nick, text)


def payload(update: dict[str, Any]) -> bytes:
    """Return an update as Telegram delivers it."""
    return json.dumps(update).encode()
