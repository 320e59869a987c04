"""The usernames of bots, which the commands that hear of them store in the landing zone.

Updates rarely say what their bot is called. A name is an object, `bots/<bot id>.json`.
"""

import re
from typing import Final

import msgspec
import obstore
from obstore.store import ObjectStore

from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, retry

BOTS_PREFIX: Final = "bots"
"""The folder of the landing zone, beside that of the updates."""

_KEY: Final = re.compile(rf"{BOTS_PREFIX}/(\d{{1,18}})\.json")


class BotName(msgspec.Struct, frozen=True):
    """The content of an object."""

    username: str
    """As Telegram spells it, without @."""


def write_bot_username(landing: ObjectStore, bot_id: int, username: str) -> None:
    """Store the username of a bot; raises StoreError."""
    body = msgspec.json.encode(BotName(username))
    with translate_errors(landing):
        obstore.put(landing, f"{BOTS_PREFIX}/{bot_id}.json", body)


def read_bot_usernames(landing: ObjectStore) -> dict[int, str]:
    """Return the stored usernames by bot id, in lower case; raises StoreError.

    An object that can't be read as a name is skipped, as if the bot's name were unknown.
    """
    found = {}
    for page in list_pages(landing, BOTS_PREFIX):
        for key in (meta["path"] for meta in page):
            name = _read(landing, key)
            if (match := _KEY.fullmatch(key)) and name:
                found[int(match[1])] = name
    return found


def _read(landing: ObjectStore, key: str) -> str | None:
    try:
        with translate_errors(landing):
            body = bytes(retry(lambda: obstore.get(landing, key).bytes()))
        return msgspec.json.decode(body, type=BotName).username.lower()
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
