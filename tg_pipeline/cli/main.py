"""`tg-pipeline`: the commands, and one clear line if one of them fails."""

import os
import sys
from typing import Final

import typer
from obstore.exceptions import BaseError

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import StoreError, first_line
from tg_pipeline.cli.athena import athena
from tg_pipeline.cli.bot import bot
from tg_pipeline.cli.console import LOGGER, err, guard_terminals, log_standard_error
from tg_pipeline.cli.context import warn
from tg_pipeline.cli.digest import digest
from tg_pipeline.cli.expire import expire
from tg_pipeline.cli.export import export
from tg_pipeline.cli.forget import forget
from tg_pipeline.cli.land import land
from tg_pipeline.cli.poll import poll
from tg_pipeline.cli.report import report
from tg_pipeline.cli.run import run
from tg_pipeline.cli.sample import sample
from tg_pipeline.cli.serve import serve
from tg_pipeline.cli.sql import sql
from tg_pipeline.cli.status import status
from tg_pipeline.cli.summary import summary
from tg_pipeline.cli.ui import ui
from tg_pipeline.cli.up import up
from tg_pipeline.cli.webhook import webhook
from tg_pipeline.exceptions import AthenaError, CommandError
from tg_pipeline.logs import configure_logging, json_logs_enabled
from tg_pipeline.settings import exposed_env_file, home_folder, wants_json_logs
from tg_pipeline.telegram.errors import TelegramError

CLEAR_ERRORS: Final = (
    AthenaError,
    BaseError,
    CommandError,
    OSError,
    SettingsError,
    StoreError,
    TelegramError,
)
"""Errors whose first line says what failed, and where."""

UMASK: Final = 0o077
"""What is written is for the user alone who runs the command: updates are other people's words."""

FAILED: Final = 1
"""The exit code of a command that failed."""

cli = typer.Typer(
    help="Turn a Telegram bot's updates into tables: land them, build the layers, query them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: Final = (
    *(
        land,
        run,
        status,
        summary,
        report,
        digest,
        sql,
        sample,
        up,
        serve,
        bot,
        poll,
        export,
        expire,
    ),
)

for command in COMMANDS:
    cli.command()(command)
cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(ui)
cli.add_typer(webhook, name="webhook")
cli.add_typer(athena, name="athena")
cli.add_typer(forget, name="forget")


def app() -> None:
    """Run the command line."""
    os.umask(UMASK)
    guard_terminals()
    try:
        if wants_json_logs():
            configure_logging(as_json=True)
            log_standard_error()
        _warn_of_exposed_secrets()
        cli()
    except CLEAR_ERRORS as error:
        sys.exit(report_error(error))


def _warn_of_exposed_secrets() -> None:
    if path := exposed_env_file(home_folder()):
        warn(f"{path} holds secrets, and other users of this machine can read it: chmod 600 {path}")


def report_error(error: Exception) -> int:
    """Print an error, or log it; return the exit code."""
    if json_logs_enabled():
        LOGGER.error("%s", describe(error))
    else:
        err.print(f"tg-pipeline: {describe(error)}", soft_wrap=True)
    return FAILED


def describe(error: Exception) -> str:
    """Return an error in one line: what failed, and where."""
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    return first_line(error)
