"""`tg-pipeline ui`: Dagster's webserver behind the guard, for a deployment of several processes."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tg_pipeline.cli.child_processes import ChildProcesses, child_processes
from tg_pipeline.cli.console import err
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import read_ui_origins

if TYPE_CHECKING:
    from tg_pipeline.ui_guard.server import HiddenAddress

Host = Annotated[str, typer.Option("--host", "-h", help="The address that the guard listens on.")]
Port = Annotated[int, typer.Option("--port", "-p", min=1, max=65535, help="The guard's port.")]


def ui(context: typer.Context, host: Host = "127.0.0.1", port: Port = 3000) -> None:
    """Start dagster-webserver behind the guard; other options are passed on to it.

    Such as --workspace, and --read-only for a UI that changes nothing.
    """
    with (
        listen(host, port) as listener,
        child_processes(Path.cwd()) as children,
        guarded(listener, children) as webserver,
    ):
        code = children.start(
            sys.executable, "-m", "dagster_webserver", *context.args, *webserver.options
        ).wait()
        if not children.stopping.is_set():
            raise typer.Exit(code)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; raises CommandError if it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise CommandError(f"Can't listen on {host}:{port}: {reason}. Try --port.") from None


@contextmanager
def guarded(listener: socket.socket, children: ChildProcesses) -> Iterator["HiddenAddress"]:
    """Serve the guard, and provide the address at which it expects Dagster's webserver."""
    # The servers take half a second to import: only commands that need them pay for it.
    from tg_pipeline.ui_guard.server import HiddenAddress, guard  # noqa: PLC0415

    webserver = HiddenAddress.choose()
    if not webserver.is_hidden:
        err.print(
            "This system has one loopback address only: a web page could find Dagster's own port. "
            "See docs/deployment.md."
        )
    with guard(listener, webserver, read_ui_origins(), children.stop):
        yield webserver
