"""What the commands that call Telegram share: the bot's calls, and lines of others' words."""

import time
from typing import TYPE_CHECKING

from rich.markup import escape

from tg_pipeline.cli.console import err, out
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.settings import Settings
from tg_pipeline.telegram.patience import Patience

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApi


def open_api(settings: Settings) -> "BotApi":
    """Give the calls of the bot whose token is set; raises CommandError where none is."""
    if settings.token is None:
        raise CommandError(
            "TELEGRAM_BOT_TOKEN is not set: put the token that @BotFather gave you into the "
            "environment, or into .env."
        )
    # Its HTTP library takes 0.1 s to import: only a command that calls Telegram waits for it.
    from tg_pipeline.telegram.client import BotApi  # noqa: PLC0415

    return BotApi(settings.token, settings.api_url)


def patience() -> Patience:
    """Give the patience of somebody who looks on."""
    return Patience(sleep=time.sleep, say=warn)


def show(line: str) -> None:
    """Print a line that may hold what others wrote."""
    out.print(printable(line), soft_wrap=True)


def warn(line: str) -> None:
    """Print such a line to standard error."""
    err.print(printable(line), soft_wrap=True)


def printable(text: str) -> str:
    """Give a text as it is shown: nothing that a terminal would obey, and no markup."""
    return escape("".join(letter for letter in text if letter.isprintable()))
