"""The parameters of the layers and of the marts' queries: settings, and what is landed."""

import json
from dataclasses import dataclass
from urllib.parse import unquote

import obstore
from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import NO_TOMBSTONES, Tombstones, read_tombstones
from lambda_ingest.settings import SettingsError
from tg_pipeline.lake.floors import ALL_DAYS, Floors, read_floors
from tg_pipeline.landing.bot_names import read_bot_usernames
from tg_pipeline.layers.enriched.pseudonyms import KEEP_ALL, PersonalDataRules
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.questions import NO_TOPICS, OperatorTopics, TopicsError, installed_encoder
from tg_pipeline.settings import Settings
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import open_object_store, retry


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
    """Return the parameters of the marts' queries; raises SettingsError or StoreError.

    A username that is set takes precedence over the one stored for that bot.
    """
    usernames = read_bot_usernames(landing)
    if settings.bot_username:
        usernames[settings.bot_id] = settings.bot_username
    return MartParameters(
        timezone=settings.timezone,
        business_hours=settings.business_hours,
        bot_usernames=json.dumps({str(bot): usernames[bot] for bot in sorted(usernames)}),
        meanings=_encoder(settings),
        topics=read_operator_topics(settings),
    )


def _encoder(settings: Settings) -> str:
    """Return the sentence encoder to use; raises SettingsError if one is required and missing."""
    encoder = "" if settings.meanings is False else installed_encoder()
    if settings.meanings and not encoder:
        raise SettingsError(
            "TG_MEANINGS=yes needs the sentence encoder, which make install installs in a "
            "checkout; for an image, see docs/deployment.md."
        )
    return encoder


def read_operator_topics(settings: Settings) -> OperatorTopics:
    """Return the topics of the operator's file; raises SettingsError or StoreError."""
    if not settings.topics_uri:
        return NO_TOPICS
    folder, _, name = settings.topics_uri.rpartition("/")
    try:
        store = open_object_store(folder)
        with translate_errors(store):
            text = bytes(retry(lambda: obstore.get(store, unquote(name)).bytes())).decode()
        return OperatorTopics.parse(text)
    except FileNotFoundError:
        raise SettingsError("TG_TOPICS names a file that does not exist.") from None
    except UnicodeDecodeError:
        raise SettingsError("The file that TG_TOPICS names is not UTF-8.") from None
    except TopicsError as error:
        raise SettingsError(f"The file that TG_TOPICS names can't be used: {error}") from None
