"""`tg-pipeline up`: Dagster's UI and daemon, and the poller or the proxy of a bot."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, NamedTuple

import typer

from tg_pipeline.cli.child_processes import ChildProcesses, child_processes
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.cli.ui import guarded, listen
from tg_pipeline.settings import home_folder, load_settings, webserver_file

HOST: Final = "127.0.0.1"

MINUTE: Final = 60
"""Seconds."""


class Receiver(NamedTuple):
    """A command that receives updates."""

    name: str
    ended: str
    """What its end means."""

    restart_delay: int
    """Seconds from its end to the next start."""


POLLER: Final = Receiver("poll", "The poller ended: no updates are fetched.", 300)
"""It ends for lasting reasons (a webhook, a revoked token). Telegram keeps updates for a day."""

PROXY: Final = Receiver("proxy", "The proxy ended: the bot can't reach Telegram.", 5)
"""The bot can do nothing without it."""

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The UI's port.")]
Poll = Annotated[
    bool, typer.Option(help="Poll the bot if TELEGRAM_BOT_TOKEN is set, or start its proxy.")
]


def up(port: Port = 3000, poll: Poll = True) -> None:
    """Start Dagster's UI until Ctrl-C, and poll the bot if TELEGRAM_BOT_TOKEN is set.

    With TG_PROXY=yes the bot polls itself, through the proxy, which starts instead of the poller.
    """
    settings = load_settings()
    proxies = poll and settings.proxy.is_started
    polls = poll and not proxies and settings.token is not None
    if polls or proxies:
        refuse_sample(settings, settings.bot_id)
    with (
        listen(HOST, port) as listener,
        child_processes(home_folder()) as children,
        guarded(listener, children) as webserver,
    ):
        err.print(f"Dagster's UI: http://{HOST}:{port} (stop it with Ctrl-C)")
        if proxies:
            err.print(
                f"Set the Bot API address of your bot to http://{HOST}:{settings.proxy.port} "
                "(docs/proxy.md)."
            )
        if polls or proxies:
            command = PROXY if proxies else POLLER
            threading.Thread(target=keep_running, args=(children, command), daemon=True).start()
            err.print(
                "To see incoming updates: tg-pipeline run --date today && tg-pipeline summary"
            )
        with _published_address(f"http://{HOST}:{port}"):
            code = children.start(
                *(sys.executable, "-m", "dagster", "dev", "--log-level", "warning"),
                *webserver.options,
            ).wait()
        if not children.stopping.is_set():
            raise typer.Exit(code)


def keep_running(children: ChildProcesses, command: Receiver) -> None:
    """Run what receives updates, and restart it after a delay whenever it ends."""
    while not children.stopping.is_set():
        children.start(sys.executable, "-m", "tg_pipeline", command.name).wait()
        if not children.stopping.is_set():
            err.print(f"{command.ended} It restarts in {_in_words(command.restart_delay)}.")
            children.stopping.wait(command.restart_delay)


def _in_words(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds >= 2 * MINUTE else f"{seconds} seconds"


@contextmanager
def _published_address(url: str) -> Iterator[None]:
    """Let `tg-pipeline run` find the UI, which executes its runs, during the block."""
    webserver_file().write_text(url, "utf-8")
    try:
        yield
    finally:
        webserver_file().unlink(missing_ok=True)
