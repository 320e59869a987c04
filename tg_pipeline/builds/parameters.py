"""The parameters of the marts' queries, from the settings and the landing zone."""

import json

from obstore.store import ObjectStore

from tg_pipeline.lake.bot_names import read_bot_usernames
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import Settings


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
