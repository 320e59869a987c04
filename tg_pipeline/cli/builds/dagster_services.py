"""The three processes of Dagster: a code server, the webserver and the daemon, which ask it.

`dagster dev` starts the same three, and two more: itself, and one that reloads the code when a
developer asks for it, in which half of the memory of an idle machine would be.
https://docs.dagster.io/deployment/oss/oss-deployment-architecture
"""

import json
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tg_pipeline.cli.child_processes import ChildProcesses, Process
from tg_pipeline.cli.console import err
from tg_pipeline.settings import dagster_home
from tg_pipeline.temp_folders import temp_dir

if TYPE_CHECKING:
    from tg_pipeline.ui_guard.server import HiddenAddress

MODULE: Final = "tg_pipeline.definitions"

LOCATION: Final = "tg_pipeline"
"""The name of the code location in workspace.yaml, with which Dagster's history refers to it."""

LOG_LEVEL: Final = "warning"

LOOK_SECONDS: Final = 0.2
"""Between two looks at a process that starts."""

ALIVE_SECONDS: Final = 1.0
"""Between two looks at whether all of them are alive."""

CODE_SERVER: Final = "Dagster's code server"
WEBSERVER: Final = "Dagster's webserver"
DAEMON: Final = "Dagster's daemon"


def run_dagster(children: ChildProcesses, webserver: "HiddenAddress") -> int:
    """Run Dagster until one of its processes ends, or all are stopped; return the exit code.

    They start one after another: the webserver needs the code, and creates Dagster's databases,
    which two processes that do so at once would leave unusable.
    """
    # A folder that only this user can open, since who reaches the socket can run code.
    with temp_dir() as folder:
        address, workspace = folder / "code", folder / "workspace.yaml"
        # YAML, of which JSON is a part.
        server = {"socket": str(address), "location_name": LOCATION}
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}), "utf-8")
        services = _Services(children)
        services.start(
            CODE_SERVER,
            *_code_server(address),
            is_up=lambda: _listens(socket.AF_UNIX, str(address)),
        )
        services.start(
            WEBSERVER,
            *_webserver(workspace, webserver),
            is_up=lambda: _listens(socket.AF_INET, (webserver.host, webserver.port)),
        )
        services.start(DAEMON, *_daemon(workspace), is_up=lambda: True)
        return services.wait()


class _Services:
    """Processes of which none is of use without the others."""

    def __init__(self, children: ChildProcesses) -> None:
        self._children = children
        self._processes: dict[str, Process] = {}

    def start(self, name: str, *command: str, is_up: Callable[[], bool]) -> None:
        """Start a process and wait until it is up, unless one has ended or all are to stop."""
        if self._ended() or self._children.stopping.is_set():
            return
        self._processes[name] = self._children.start(*command, environment=_environment())
        while not (self._ended() or is_up() or self._children.stopping.wait(LOOK_SECONDS)):
            pass

    def wait(self) -> int:
        """Wait until a process ends or all are stopped; stop all; return the exit code."""
        while not (self._ended() or self._children.stopping.wait(ALIVE_SECONDS)):
            pass
        code = 0
        if not self._children.stopping.is_set():
            name, ended = self._ended()[0]
            err.print(f"{name} ended ({_in_words(ended)}), so all of it stops.")
            # A process that ends unasked has failed, whatever it says.
            code = max(ended, 1)
            self._children.stop()
        for process in self._processes.values():
            process.wait()  # they use the folder until then
        return code

    def _ended(self) -> list[tuple[str, int]]:
        """Return the processes that have ended, with their exit codes."""
        codes = ((name, process.poll()) for name, process in self._processes.items())
        return [(name, code) for name, code in codes if code is not None]


def _in_words(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _environment() -> Mapping[str, str]:
    """Return the variables that all three need: they must have the same history."""
    return {
        "DAGSTER_HOME": str(dagster_home()),
        # Threads keep freed memory in arenas of their own otherwise.
        "MALLOC_ARENA_MAX": "2",
    }


def _code_server(address: Path) -> tuple[str, ...]:
    place = ("--socket", str(address), "--location-name", LOCATION, "--module-name", MODULE)
    # So that runs are executed by this interpreter, also if another `dagster` is in the PATH.
    options = ("--use-python-environment-entry-point", "--log-level", LOG_LEVEL)
    return (sys.executable, "-m", "dagster", "api", "grpc", *place, *options)


def _webserver(workspace: Path, webserver: "HiddenAddress") -> tuple[str, ...]:
    options = ("--workspace", str(workspace), "--dagster-log-level", LOG_LEVEL)
    return (sys.executable, "-m", "dagster_webserver", *options, *webserver.options)


def _daemon(workspace: Path) -> tuple[str, ...]:
    options = ("--workspace", str(workspace), "--log-level", LOG_LEVEL)
    return (str(Path(sys.executable).with_name("dagster-daemon")), "run", *options)


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    """Return whether a server accepts connections: both do so once they are ready."""
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0
