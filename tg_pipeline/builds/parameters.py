"""The parameters of the layers and of the marts' queries: settings, and what is landed."""

import json
from dataclasses import dataclass

from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import NO_TOMBSTONES, Tombstones, read_tombstones
from tg_pipeline.lake.bot_names import read_bot_usernames
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.floors import ALL_DAYS, Floors, read_floors
from tg_pipeline.lake.object_store import retry
from tg_pipeline.layers.pseudonyms import KEEP_ALL, PersonalDataRules
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import Settings


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
