"""`tg-pipeline up`: Dagster's UI and daemon, and the poller if a bot token is set."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from tg_pipeline.cli.child_processes import ChildProcesses, child_processes
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.cli.ui import guarded, listen
from tg_pipeline.settings import home_folder, load_settings, webserver_file

HOST: Final = "127.0.0.1"

POLLER_RESTART_DELAY: Final = 300
"""Seconds. A poller ends for lasting reasons (a webhook, a revoked token), and Telegram keeps
updates for a day."""

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The UI's port.")]
Poll = Annotated[bool, typer.Option(help="Poll the bot if TELEGRAM_BOT_TOKEN is set.")]


def up(port: Port = 3000, poll: Poll = True) -> None:
    """Start Dagster's UI until Ctrl-C, and poll the bot if TELEGRAM_BOT_TOKEN is set."""
    settings = load_settings()
    polls = poll and settings.token is not None
    if polls:
        refuse_sample(settings, settings.bot_id)
    with (
        listen(HOST, port) as listener,
        child_processes(home_folder()) as children,
        guarded(listener, children) as webserver,
    ):
        err.print(f"Dagster's UI: http://{HOST}:{port} (stop it with Ctrl-C)")
        if polls:
            threading.Thread(target=keep_polling, args=(children,), daemon=True).start()
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


def keep_polling(children: ChildProcesses) -> None:
    """Run the poller, and restart it after a delay whenever it ends."""
    while not children.stopping.is_set():
        children.start(sys.executable, "-m", "tg_pipeline", "poll").wait()
        if not children.stopping.is_set():
            minutes = POLLER_RESTART_DELAY // 60
            err.print(
                f"The poller ended: no updates are fetched. It restarts in {minutes} minutes."
            )
            children.stopping.wait(POLLER_RESTART_DELAY)


@contextmanager
def _published_address(url: str) -> Iterator[None]:
    """Let `tg-pipeline run` find the UI, which executes its runs, during the block."""
    webserver_file().write_text(url, "utf-8")
    try:
        yield
    finally:
        webserver_file().unlink(missing_ok=True)
