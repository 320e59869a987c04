"""`tg-pipeline up`: Dagster's UI and daemon, and the poller or the proxy of a bot."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Final

import typer

from tg_pipeline.cli.builds.dagster_services import run_dagster
from tg_pipeline.cli.builds.receivers import (
    POLLER,
    PROXY,
    find_poll_obstacle,
    keep_running,
    no_obstacle,
)
from tg_pipeline.cli.builds.ui import guarded, listen
from tg_pipeline.cli.child_processes import child_processes
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.cli.operation.service_units import SYSTEM_FOLDER, user_folder
from tg_pipeline.settings import home_folder, load_settings, webserver_file

HOST: Final = "127.0.0.1"

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The UI's port.")]
Poll = Annotated[
    bool, typer.Option(help="Poll the bot if TELEGRAM_BOT_TOKEN is set, or start its proxy.")
]


def up(port: Port = 3000, poll: Poll = True) -> None:
    """Start Dagster's UI until Ctrl-C, and poll the bot if TELEGRAM_BOT_TOKEN is set.

    A bot with a webhook, or whose updates a service receives, is not polled. With TG_PROXY=yes the
    bot polls itself, through the proxy, which starts instead of the poller.
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
            folders = (SYSTEM_FOLDER, user_folder(os.environ))
            receiver, find_obstacle = (
                (PROXY, no_obstacle)
                if proxies
                else (POLLER, partial(find_poll_obstacle, settings, folders))
            )
            threading.Thread(
                target=keep_running, args=(children, receiver, find_obstacle), daemon=True
            ).start()
            err.print(
                "To see incoming updates: tg-pipeline run --date today && tg-pipeline summary"
            )
        with _published_address(f"http://{HOST}:{port}"):
            code = run_dagster(children, webserver)
        if code:
            raise typer.Exit(code)


@contextmanager
def _published_address(url: str) -> Iterator[None]:
    """Let `tg-pipeline run` find the UI, which executes its runs, during the block."""
    webserver_file().write_text(url, "utf-8")
    try:
        yield
    finally:
        webserver_file().unlink(missing_ok=True)
