"""`tg-pipeline`: the commands, and one clear line if one of them fails."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import typer
from obstore.exceptions import BaseError
from typer.core import TyperGroup
from typer.main import get_command, get_group

from lambda_ingest.local_disk import STAGED
from lambda_ingest.settings import SettingsError
from lambda_ingest.store import StoreError, first_line, local_folder
from tg_pipeline.cli.console import LOGGER, err, guard_terminals, log_standard_error, one_line
from tg_pipeline.exceptions import AthenaError, CommandError
from tg_pipeline.logs import configure_logging, json_logs_enabled
from tg_pipeline.settings import (
    STATE_FOLDER,
    exposed_env_file,
    home_folder,
    load_settings,
    wants_json_logs,
)
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.temp_folders import remove_abandoned

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


@dataclass(frozen=True, slots=True)
class CommandSource:
    """Where a command is, so that it is imported when it is called."""

    help: str
    """Its line in the list of all commands."""
    package: str
    """The package of its module, below `tg_pipeline.cli`."""
    context: Mapping[str, bool] = field(default_factory=dict)
    """How its arguments are parsed, if differently from the others."""
    identifier: str = ""
    """The name of its module and function, if its own is a word of Python."""

    def load(self, name: str) -> Any:
        """Import the command: the function or the Typer app of its name, in the module of it."""
        identifier = self.identifier or name
        module = import_module(f"tg_pipeline.cli.{self.package}.{identifier}")
        found = getattr(module, identifier)
        parent = typer.Typer(**OPTIONS)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
            return get_group(parent).commands[name]
        parent.command(name, context_settings=dict(self.context))(found)
        return get_command(parent)


OPTIONS: Final[dict[str, Any]] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}

PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

INGESTION: Final = "ingestion"
BUILDS: Final = "builds"
RESULTS: Final = "results"
OPERATION: Final = "operation"
PEOPLE: Final = "people"

HEADINGS: Final = {
    INGESTION: "Receive updates",
    BUILDS: "Build the tables",
    RESULTS: "Read the results",
    OPERATION: "Operate the pipeline",
    PEOPLE: "What is stored about a person",
}
"""The heading of each package's commands in the help."""

COMMANDS: Final = {
    "sample": CommandSource("Simulate a month of a bot's updates and land it.", INGESTION),
    "bot": CommandSource("Show who the bot is, and what it can see.", INGESTION),
    "poll": CommandSource("Fetch updates from Telegram and land them.", INGESTION),
    "serve": CommandSource("Receive webhook calls on this machine.", INGESTION),
    "webhook": CommandSource("Set, check or delete the bot's webhook.", INGESTION),
    "proxy": CommandSource("Store both sides of a bot, between it and Telegram.", INGESTION),
    "land": CommandSource("Land updates from files.", INGESTION),
    "import": CommandSource(
        "Import chats that Telegram Desktop exported.", INGESTION, identifier="import_"
    ),
    "run": CommandSource("Build days and marts: all that is new, or the days given.", BUILDS),
    "daily": CommandSource("Build what is due, write the report, post the digest, once.", BUILDS),
    "up": CommandSource("Start Dagster's UI, and poll the bot if its token is set.", BUILDS),
    "ui": CommandSource("Start dagster-webserver behind the guard.", BUILDS, PASSED_ON),
    "summary": CommandSource("Show rows of each layer, the busiest hours, and people.", RESULTS),
    "report": CommandSource("Write the report on a period as one HTML page.", RESULTS),
    "digest": CommandSource("Post a day or a week to the admin chat, or preview it.", RESULTS),
    "sql": CommandSource("Query the tables in SQL.", RESULTS),
    "topics": CommandSource("Write topics that were found, as a start for TG_TOPICS.", RESULTS),
    "mcp": CommandSource("Let a language model query the tables.", RESULTS),
    "athena": CommandSource("Print or create the tables and queries in Athena.", RESULTS),
    "status": CommandSource(
        "Show what landed and was built each day, and what is missing.", OPERATION
    ),
    "verify": CommandSource(
        "Read all tables with their checksums, and name what is damaged.", OPERATION
    ),
    "quarantine": CommandSource("Show unreadable lines, or read them again.", OPERATION),
    "rejected": CommandSource("Show bodies that are not updates, or land them again.", OPERATION),
    "expire": CommandSource("Delete the days that TG_KEEP_DAYS_… no longer keep.", OPERATION),
    "seal": CommandSource("Make the landed objects of each old day one object.", OPERATION),
    "unseal": CommandSource("Restore the landed objects of sealed days.", OPERATION),
    "service": CommandSource("Write, show or remove the systemd units of the pipeline.", OPERATION),
    "export": CommandSource("Write all stored updates of a person.", PEOPLE),
    "forget": CommandSource("Erase a person from everything that is stored.", PEOPLE),
}
"""By name, in the order of the help. Importing them all takes longer than most of them run."""


class CommandGroup(TyperGroup):
    """The commands, of which only the one that is called is imported."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """Import a command; None if there is none of this name."""
        del ctx
        source = COMMANDS.get(cmd_name)
        return source.load(cmd_name) if source else None

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the list of all commands under the headings, without importing them."""
        del ctx
        width = max(map(len, COMMANDS))
        for package, heading in HEADINGS.items():
            listed = [(n, each.help) for n, each in COMMANDS.items() if each.package == package]
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), explained) for name, explained in listed])


cli = typer.Typer(cls=CommandGroup, no_args_is_help=True, **OPTIONS)


@cli.callback()
def commands() -> None:
    """Turn a Telegram bot's updates into tables: land them, build the layers, query them."""


def app() -> None:
    """Run the command line."""
    os.umask(UMASK)
    guard_terminals()
    try:
        if wants_json_logs():
            configure_logging(as_json=True)
            log_standard_error()
        _warn_of_exposed_secrets()
        _remove_leftovers()
        cli()
    except CLEAR_ERRORS as error:
        sys.exit(report_error(error))


def _warn_of_exposed_secrets() -> None:
    if path := exposed_env_file(home_folder()):
        line = (
            f"{path} holds secrets, and other users of this machine can read it: chmod 600 {path}"
        )
        err.print(one_line(line), soft_wrap=True)


def _remove_leftovers() -> None:
    """Remove the temporary folders of killed processes, whatever this command does."""
    home = home_folder()
    for folder in (None, home, home / STATE_FOLDER):
        remove_abandoned(folder)
    with suppress(SettingsError, StoreError):
        settings = load_settings()
        if lake := local_folder(settings.lake_uri):
            remove_abandoned(lake)
        if landing := local_folder(settings.landing_uri):
            remove_abandoned(landing / STAGED)


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
