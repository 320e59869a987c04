"""Telegram, its users, a door, and behind it a bot that answers them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.peers.actors import BOT_SECRET, BotProcess, DoorProcess
from tg_pipeline_tests.peers.users import ALLOWED, Users

DOOR_SECRET = "s3cret-of-the-door"  # noqa: S105 - it opens nothing
MINUTE = 60.0
"""Bounds what would else hang; nothing here takes long."""


@dataclass(frozen=True)
class Scene:
    """All that takes part; bot and door can be killed, and started again."""

    telegram: TelegramServer
    users: Users
    bot: BotProcess
    door: DoorProcess
    landing: ObjectStore

    def wait_until_delivered(self, all_but: int = 0) -> None:
        self.telegram.wait_until(lambda: len(self.telegram.pending) <= all_but, MINUTE)

    def wait_for_failure(self, status: str) -> None:
        """Wait until the door has told Telegram that the bot does not answer."""
        said = f"Wrong response from the webhook: {status}"
        self.telegram.wait_until(lambda: self.telegram.last_error == said, MINUTE)

    def landed(self) -> dict[int, bytes]:
        """Give what landed by update_id; an update that has landed twice is an error."""
        landed: dict[int, bytes] = {}
        for meta in obstore.list(self.landing).collect():
            key = meta["path"]
            named = re.fullmatch(r"telegram/context_date=[0-9-]{10}/7-(\d+)\.json", key)
            assert named, f"{key} is no update"
            assert int(named[1]) not in landed, f"{key} is there twice"
            landed[int(named[1])] = obstore.get(self.landing, key).bytes().to_bytes()
        return landed

    def first_answers(self) -> dict[str, list[int]]:
        """Give what was answered in each lane, without what was answered again."""
        answers = self.users.answers()
        return {lane: list(dict.fromkeys(numbers)) for lane, numbers in answers.items()}

    def replies(self) -> list[str]:
        """Give the texts that the bot sent in its replies to the webhook."""
        return [each.text for each in self.telegram.messages if each.how == "webhook reply"]


@contextmanager
def playing(
    library: str, seed: int, folder: Path, landing: ObjectStore, **settings: str
) -> Iterator[Scene]:
    """Give a scene in which Telegram brings updates to a door that has these settings."""
    # Telegram never takes an answer for lost because a machine is busy.
    with TelegramServer(delivery_timeout=MINUTE) as telegram:
        bot = BotProcess(library, {"BOT_TOKEN": telegram.token, "BOT_API": telegram.url})
        door = DoorProcess(folder / "door", _door_settings(bot) | settings)
        try:
            bot.start()
            door.start()
            telegram.set_webhook(door.url, secret_token=DOOR_SECRET, allowed_updates=ALLOWED)
            yield Scene(telegram, Users(telegram, seed), bot, door, landing)
        finally:
            bot.kill()
            door.kill()


def _door_settings(bot: BotProcess) -> dict[str, str]:
    return {
        "TELEGRAM_SECRET_TOKEN": DOOR_SECRET,
        "TELEGRAM_BOT_ID": "7",
        "FORWARD_URL": bot.url,
        "FORWARD_SECRET_TOKEN": BOT_SECRET,
        "TG_TIMEZONE": where_it_is_noon(),
    }


def where_it_is_noon() -> str:
    """Give a time zone in which no day ends while a test runs.

    What has no time of its own lands on the day it is brought, and so on two across midnight.
    """
    # In these names, + is west: https://data.iana.org/time-zones/data/etcetera
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
