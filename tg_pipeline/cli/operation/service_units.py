"""The text of systemd units that keep the pipeline running on one machine, without root or secrets.

Directives: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tg_pipeline.cli.context import check_proxy_host
from tg_pipeline.exceptions import CommandError

MARK: Final = "# Written by `tg-pipeline service install`."
"""The first line of each file that is ours to replace and to remove."""

SYSTEM_FOLDER: Final = Path("/etc/systemd/system")
"""Where an administrator's units are."""

RESTART_DELAY: Final = 30
"""Seconds: a wrong setting does not fill the log, and Telegram repeats a call that failed."""

PROXY_RESTART_DELAY: Final = 5
"""Seconds: without the proxy, its bot can't do anything."""

STOP_TIMEOUT: Final = 95
"""Seconds, more than the 85 s in which the webhook finishes the requests in progress."""

OPEN_FILES: Final = 8192
"""For the connections of strangers, and for the files of a query over years of days."""

NIGHT: Final = "03:00"
"""When a day is built, as by Dagster's schedule."""

_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_./@:+,=~-]+")
"""Text that means the same within a unit, with or without quotes."""

_PLAIN_LINE: Final = re.compile(
    r"""
    \s* (?: \# (?: .* [^\\] )? )?                             # nothing, or a comment
    | [A-Za-z_][A-Za-z0-9_]* = (?:
        "(?: (?! \$\{ ) [^"\\] )*" | '(?: (?! \$\{ ) [^'\\] )*'
        | (?! \# ) (?: (?! \$\{ | \s\# ) [^"'\\] )*
    )
    """,
    re.VERBOSE,
)
"""A line that systemd and python-dotenv read as the same setting."""

_MEMORY: Final = re.compile(r"[1-9][0-9]*(?:[KMGT]|%)?")

_HARDENING: Final = """\
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
"""
"""What a user's own service manager can do as well."""

_SYSTEM_HARDENING: Final = """\
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
"""


class ServiceName(StrEnum):
    """What can run as a service."""

    SERVE = "serve"
    POLL = "poll"
    PROXY = "proxy"
    UP = "up"
    DAILY = "daily"

    @property
    def unit(self) -> str:
        """The name of the unit, without its suffix."""
        return f"tg-pipeline-{self}"

    @property
    def description(self) -> str:
        """What `systemctl status` shows of it."""
        return _DESCRIPTIONS[self]

    @property
    def builds(self) -> bool:
        """Whether it writes the lake."""
        return self in {ServiceName.UP, ServiceName.DAILY}

    @property
    def listens(self) -> bool:
        """Whether it has an address of its choice."""
        return self in {ServiceName.SERVE, ServiceName.PROXY}


_DESCRIPTIONS: Final = {
    ServiceName.SERVE: "tg_pipeline: receives webhook calls",
    ServiceName.POLL: "tg_pipeline: fetches updates from Telegram",
    ServiceName.PROXY: "tg_pipeline: records the calls of the bot",
    ServiceName.UP: "tg_pipeline: Dagster's daemon and UI",
    ServiceName.DAILY: "tg_pipeline: builds the days that are over, once a night",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the pipeline is installed, and for whom it runs."""

    command: Path
    """The executable `tg-pipeline`."""

    interpreter: Path
    """The Python that runs it, which may be elsewhere than the virtual environment."""

    home: Path
    """The folder in which it runs."""

    env_file: Path

    dagster_home: Path
    """Where Dagster's history is."""

    user: str | None
    """The account of system units; None for a user's own units."""

    landing_folders: tuple[Path, ...]
    """What ingestion writes to."""

    spool: Path
    """Where the proxy keeps calls until they land."""

    build_folders: tuple[Path, ...]
    """What builds write to."""

    timezone: str
    """The name of the time zone that defines a day."""

    def writable(self, name: ServiceName) -> tuple[Path, ...]:
        """Return the folders that a service may write to."""
        if name.builds:
            return self.build_folders
        return (
            (*self.landing_folders, self.spool)
            if name is ServiceName.PROXY
            else self.landing_folders
        )


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What an operator chooses for a service; None leaves it to the command or to systemd."""

    host: str | None = None
    port: int | None = None
    memory_max: str | None = None
    """In bytes, with a suffix K, M, G or T, or as a percentage of the machine's memory."""
    is_shared: bool = False
    """Whether the proxy may have an address that other machines reach, without encryption."""


def user_folder(environment: Mapping[str, str]) -> Path:
    """Return where a user's own units are."""
    config = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user"


def unit_files(
    name: ServiceName, installation: Installation, options: ServiceOptions
) -> dict[str, str]:
    """Return the files of a service by their names; raises CommandError.

    They hold no secret: settings are in the environment file, which systemd reads as root.
    """
    _check(name, installation, options)
    files = {f"{name.unit}.service": "\n".join(_service(name, installation, options)) + "\n"}
    if name is ServiceName.DAILY:
        files[f"{name.unit}.timer"] = _timer(name, installation)
    return files


def started_unit(name: ServiceName) -> str:
    """Return the name of the file that is enabled and started."""
    return f"{name.unit}.timer" if name is ServiceName.DAILY else f"{name.unit}.service"


def ambiguous_line(text: str) -> int | None:
    """Return the number of the first line of an environment file that systemd reads differently.

    Such as `export A=1`, a comment behind a value, or `${B}`; None if there is no such line.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if not _PLAIN_LINE.fullmatch(line):
            return number
    return None


def _check(name: ServiceName, installation: Installation, options: ServiceOptions) -> None:
    if options.host and not name.listens:
        raise CommandError(f"--host is for serve and proxy; {name} has no such choice.")
    if options.is_shared and name is not ServiceName.PROXY:
        raise CommandError(f"--shared is for proxy; {name} has no such choice.")
    if name is ServiceName.PROXY and options.host:
        check_proxy_host(options.host, is_shared=options.is_shared)
    if options.port is not None and not (name.listens or name is ServiceName.UP):
        raise CommandError(f"--port is for serve, proxy and up; {name} listens nowhere.")
    if options.memory_max and not _MEMORY.fullmatch(options.memory_max):
        raise CommandError("--memory-max is not an amount such as 800M, 2G or 50%.")
    words = (
        installation.command,
        installation.home,
        installation.env_file,
        installation.dagster_home,
        *installation.writable(name),
        *filter(None, (installation.user, options.host)),
    )
    for word in map(str, words):
        if not _PLAIN_WORD.fullmatch(word):
            raise CommandError(
                f"{word!r} can't be written into a unit: only ASCII letters, digits and "
                "./@:+,=~_- can."
            )


def _service(
    name: ServiceName, installation: Installation, options: ServiceOptions
) -> Iterator[str]:
    is_system = installation.user is not None
    yield MARK
    yield f"# Your own lines are kept in a drop-in: systemctl edit {name.unit}.service"
    yield "[Unit]"
    yield f"Description={name.description}"
    if is_system:
        yield "Wants=network-online.target"
        yield "After=network-online.target"
    yield ""
    yield "[Service]"
    if is_system:
        yield f"User={installation.user}"
    yield f"WorkingDirectory={installation.home}"
    if name.builds:
        # Without it, Dagster creates a folder in the one in which it runs, which is read-only.
        yield f"Environment=DAGSTER_HOME={installation.dagster_home}"
    # Threads of Dagster's processes keep freed memory in arenas of their own otherwise.
    yield "Environment=MALLOC_ARENA_MAX=2"
    # On a disk: in Debian 13, /tmp is in memory, and a build may write gigabytes.
    yield "Environment=TMPDIR=/var/tmp"
    yield f"EnvironmentFile={installation.env_file}"
    yield f"ExecStart={' '.join(_command(name, installation, options))}"
    if name is ServiceName.DAILY:
        yield "Type=oneshot"
    else:
        yield "Restart=on-failure"
        is_proxy = name is ServiceName.PROXY
        yield f"RestartSec={PROXY_RESTART_DELAY if is_proxy else RESTART_DELAY}"
    # The command stops its own processes; systemd kills what is left.
    yield "KillMode=mixed"
    yield f"TimeoutStopSec={STOP_TIMEOUT}"
    yield f"LimitNOFILE={OPEN_FILES}"
    if options.memory_max:
        yield f"MemoryMax={options.memory_max}"
    yield _HARDENING.rstrip()
    if is_system:
        yield _SYSTEM_HARDENING.rstrip()
        yield f"ProtectHome={_protect_home(installation)}"
        yield f"ReadWritePaths={' '.join(map(str, installation.writable(name)))}".rstrip()
    if name is not ServiceName.DAILY:
        yield ""
        yield "[Install]"
        yield f"WantedBy={'multi-user' if is_system else 'default'}.target"


def _command(
    name: ServiceName, installation: Installation, options: ServiceOptions
) -> Iterator[str]:
    yield from (str(installation.command), name.value)
    if name is ServiceName.UP:
        yield "--no-poll"
    if options.host:
        yield from ("--host", options.host)
    if options.port is not None:
        yield from ("--port", str(options.port))
    if options.is_shared:
        yield "--shared"


def _protect_home(installation: Installation) -> str:
    """Return whether home folders are hidden, or only protected, since the pipeline is in one."""
    used = (
        installation.command,
        installation.interpreter,
        installation.home,
        installation.env_file,
    )
    hidden = (Path("/home"), Path("/root"), Path("/run/user"))
    is_used = any(path.is_relative_to(home) for path in used for home in hidden)
    return "read-only" if is_used else "yes"


def _timer(name: ServiceName, installation: Installation) -> str:
    return f"""\
{MARK}
[Unit]
Description={name.description}

[Timer]
OnCalendar=*-*-* {NIGHT} {installation.timezone}
Persistent=yes

[Install]
WantedBy=timers.target
"""
