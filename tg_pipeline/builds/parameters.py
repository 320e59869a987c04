"""The parameters of the layers and of the marts' queries, from the settings and the landing zone.

Updates rarely say what their bot is called, so the commands that ask Telegram store its username in
the landing zone, as `bots/<bot id>.json`.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

import msgspec
import obstore
from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import NO_TOMBSTONES, Tombstones, read_tombstones
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.floors import ALL_DAYS, Floors, read_floors
from tg_pipeline.lake.object_store import list_pages, retry
from tg_pipeline.layers.pseudonyms import KEEP_ALL, PersonalDataRules
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import Settings

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


@dataclass(frozen=True, slots=True)
class LayerParameters:
    """The settings that the rows of the layers depend on."""

    timezone: str
    """The time zone that defines a day."""
    tombstones: Tombstones = NO_TOMBSTONES
    personal_data: PersonalDataRules = KEEP_ALL
    """What enriched_updates keeps of people."""
    floors: Floors = ALL_DAYS
    """The days that are kept of each group of tables."""


def layer_parameters(settings: Settings, landing: ObjectStore) -> LayerParameters:
    """Return the parameters of the layers; raises PrivacyKeyError or StoreError."""
    with translate_errors(landing):
        tombstones = retry(lambda: read_tombstones(landing, settings.ingest.privacy_key))
    rules = PersonalDataRules(
        settings.ingest.privacy_key, settings.privacy.has_pseudonyms, settings.privacy.drops_text
    )
    return LayerParameters(settings.timezone, tombstones, rules, read_floors(landing))


def mart_parameters(settings: Settings, landing: ObjectStore) -> MartParameters:
    """Return the parameters of the marts' queries; raises StoreError.

    A username that is set takes precedence over the one stored for that bot.
    """
    usernames = read_bot_usernames(landing)
    if settings.bot_username:
        usernames[settings.bot_id] = settings.bot_username
    return MartParameters(
        timezone=settings.timezone,
        business_hours=settings.business_hours,
        bot_usernames=json.dumps({str(bot): usernames[bot] for bot in sorted(usernames)}),
    )


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
