"""`tg-pipeline mcp`: let a language model query the lake, over the Model Context Protocol."""

import signal
import sys
from importlib.util import find_spec
from typing import Final

from tg_pipeline.cli.context import warn
from tg_pipeline.cli.results.sql import open_stored_lake
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import load_settings

EXTRA: Final = "mcp"
"""The package that is needed, and the extra that installs it."""


def mcp() -> None:
    """Answer a language model's queries on the tables, read-only, over standard input and output.

    A client of the Model Context Protocol starts it: docs/bi.md has its configuration.
    """
    if find_spec(EXTRA) is None:
        raise CommandError(
            "tg-pipeline mcp needs the package mcp: make mcp installs it in a checkout."
        )
    settings = load_settings()
    open_stored_lake(settings)
    # The protocol's package takes a second to import: only this command needs it.
    from tg_pipeline.mcp_server.server import serve_stdio  # noqa: PLC0415
    from tg_pipeline.mcp_server.worker import LakePlace  # noqa: PLC0415

    if sys.stdin is not None and sys.stdin.isatty():
        warn("Waiting for a client's messages on standard input: docs/bi.md has its configuration.")
    # Ctrl-C ends the process at once: an exception would wait for the thread that reads messages.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    serve_stdio(LakePlace(settings.lake_uri, settings.timezone))
