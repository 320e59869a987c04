"""The bots' usernames that the marts' queries use: those stored, and the one that is set."""

import json
from pathlib import Path

import obstore
from obstore.store import MemoryStore

from tg_pipeline.builds.parameters import mart_parameters
from tg_pipeline.lake.bot_names import write_bot_username
from tg_pipeline.settings import Settings


def usernames(landing: MemoryStore, **environment: str) -> dict[str, str]:
    settings = Settings.from_environment(environment, Path("/"))
    found: dict[str, str] = json.loads(mart_parameters(settings, landing).bot_usernames)
    return found


def test_stored_usernames_are_used_and_one_that_is_set_takes_precedence() -> None:
    landing = MemoryStore()
    write_bot_username(landing, 7, "Seven_Bot")
    write_bot_username(landing, 8, "Eight_Bot")
    obstore.put(landing, "bots/9.json", b"no json")

    assert usernames(landing) == {"7": "seven_bot", "8": "eight_bot"}
    assert usernames(landing, TELEGRAM_BOT_ID="8", TELEGRAM_BOT_USERNAME="@New_Bot") == {
        "7": "seven_bot",
        "8": "new_bot",
    }
