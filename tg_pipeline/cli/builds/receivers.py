"""What receives a bot's updates beside the UI: the poller or the proxy, restarted when they end.

The poller is not started while updates arrive otherwise. Telegram refuses to be polled then (409),
and without its webhook, the program that set it would get no updates any more.
"""

import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from tg_pipeline.cli.child_processes import ChildProcesses
from tg_pipeline.cli.console import err, one_line
from tg_pipeline.cli.operation.service_units import MARK, ServiceName
from tg_pipeline.settings import Settings, home_folder

MINUTE: Final = 60
"""Seconds."""

LOOK_DELAY: Final = MINUTE
"""Seconds between two looks at whether updates still arrive otherwise."""


class Receiver(NamedTuple):
    """A command that receives updates."""

    name: str
    ended: str
    """What its end means."""

    restart_delay: int
    """Seconds from its end to the next start."""


POLLER: Final = Receiver("poll", "The poller ended: no updates are fetched.", 5 * MINUTE)
"""It ends for lasting reasons, such as a revoked token. Telegram keeps updates for a day."""

PROXY: Final = Receiver("proxy", "The proxy ended: the bot can't reach Telegram.", 5)
"""The bot can do nothing without it."""


class ObstacleKind(StrEnum):
    """Why there is no poller."""

    SERVICE = "service"
    WEBHOOK = "webhook"
    NO_ANSWER = "no answer"


class Obstacle(NamedTuple):
    """Why there is no poller, and until when."""

    kind: ObstacleKind
    """It is printed once for all of a kind in a row."""

    sentence: str


def no_obstacle() -> None:
    """Let a receiver start at once."""


def keep_running(
    children: ChildProcesses,
    receiver: Receiver,
    find_obstacle: Callable[[], Obstacle | None] = no_obstacle,
    look_delay: float = LOOK_DELAY,
) -> None:
    """Run a receiver unless there is an obstacle, and restart it after a delay when it ends."""
    said: ObstacleKind | None = None
    while not children.stopping.is_set():
        obstacle = find_obstacle()
        if obstacle is None:
            children.start(sys.executable, "-m", "tg_pipeline", receiver.name).wait()
            if children.stopping.is_set():
                return
            said, obstacle = None, find_obstacle()
        if obstacle is None:
            err.print(f"{receiver.ended} It restarts in {_in_words(receiver.restart_delay)}.")
            children.stopping.wait(receiver.restart_delay)
            continue
        if obstacle.kind is not said:
            err.print(one_line(obstacle.sentence), soft_wrap=True)
        said = obstacle.kind
        children.stopping.wait(look_delay)


def find_poll_obstacle(settings: Settings, unit_folders: Iterable[Path]) -> Obstacle | None:
    """Return why the bot must not be polled now: a service, a webhook, or no answer.

    What a poller would fail at by itself, such as a revoked token, is no obstacle: it says so.
    """
    # Imported here: they take 7 MB, which a UI without a poller would hold all the time.
    from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415
    from tg_pipeline.telegram.errors import TelegramError, TransientError  # noqa: PLC0415
    from tg_pipeline.telegram.redaction import shorten_url  # noqa: PLC0415

    for folder in unit_folders:
        for name in (ServiceName.SERVE, ServiceName.POLL, ServiceName.PROXY):
            if _receives(folder / f"{name.unit}.service"):
                return Obstacle(
                    ObstacleKind.SERVICE,
                    f"The service {name.unit} receives updates here, so nothing is polled; "
                    f"polling starts within a minute of: tg-pipeline service remove {name} --now",
                )
    try:
        if settings.token is None:
            return None
        with BotApiClient(settings.token, settings.api_url) as api:
            url = api.get_webhook_info().url
    except TransientError as error:
        return Obstacle(ObstacleKind.NO_ANSWER, f"{error} Polling starts once there is an answer.")
    except TelegramError:
        return None
    if not url:
        return None
    return Obstacle(
        ObstacleKind.WEBHOOK,
        f"Updates arrive through a webhook ({shorten_url(url, settings.token)}), so nothing is "
        "polled; polling starts within a minute of: tg-pipeline webhook delete",
    )


def _receives(unit: Path) -> bool:
    """Return whether a file is a unit that `tg-pipeline service install` wrote for this folder."""
    try:
        lines = unit.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return lines[:1] == [MARK] and f"WorkingDirectory={home_folder().absolute()}" in lines


def _in_words(delay: int) -> str:
    return f"{delay // MINUTE} minutes" if delay >= 2 * MINUTE else f"{delay} seconds"
