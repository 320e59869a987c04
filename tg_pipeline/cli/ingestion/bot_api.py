"""What the commands that call Telegram share.

A module of its own because it imports an HTTP library, which takes 0.1 s.
"""

import time
from contextlib import suppress

from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError
from tg_pipeline.cli.context import open_landing, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.bot_names import write_bot_username
from tg_pipeline.settings import Settings
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.clock import describe_clock
from tg_pipeline.telegram.messages import RateLimitRetry
from tg_pipeline.telegram.models import BotInfo


def open_api(settings: Settings) -> BotApiClient:
    """Open a client for the bot whose token is set; raises CommandError if none is."""
    if settings.token is None:
        raise CommandError(
            "TELEGRAM_BOT_TOKEN is not set: put the token that @BotFather gave you into the "
            "environment or into .env."
        )
    return BotApiClient(settings.token, settings.api_url)


def warn_of_clock(api: BotApiClient) -> None:
    """Warn if this machine's clock was off at the last call; it may be the endpoint's, too."""
    if warning := describe_clock(api.clock_error):
        warn(warning)


def remember_username(settings: Settings, info: BotInfo) -> None:
    """Store the bot's username in the landing zone, for the commands that name the bot.

    Nothing else depends on it, so a landing zone that can't be written to is no error here.
    """
    if info.username:
        with suppress(StoreError, BaseError, OSError):
            write_bot_username(open_landing(settings), info.id, info.username)


def rate_limit_retry() -> RateLimitRetry:
    """Return the retry policy of a command, which prints each wait."""
    return RateLimitRetry(sleep=time.sleep, log=warn)
