"""`tg-pipeline service`: systemd units that keep the pipeline running on one machine."""

import difflib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from lambda_ingest.store import local_folder
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import show, warn
from tg_pipeline.cli.operation.service_units import (
    MARK,
    SYSTEM_FOLDER,
    Installation,
    ServiceName,
    ServiceOptions,
    ambiguous_line,
    started_unit,
    unit_files,
    user_folder,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import (
    STATE_FOLDER,
    Settings,
    dagster_home,
    home_folder,
    load_settings,
)

ENV_MODE: Final = 0o600

FOLDER_MODE: Final = 0o700

UNIT_MODE: Final = 0o644

service = typer.Typer(
    help="systemd units of the pipeline: write, show, remove.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = Annotated[list[ServiceName], typer.Argument(help="What to run: one or more.")]
User = Annotated[bool, typer.Option("--user", help="Units of your own, which need no root.")]
RunAs = Annotated[
    str | None,
    typer.Option("--run-as", help="The account of system units. [default: .env's owner]"),
]
Host = Annotated[str | None, typer.Option("--host", help="The address of serve or proxy.")]
Port = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="The port of serve, proxy or up.")
]
Shared = Annotated[
    bool, typer.Option("--shared", help="proxy accepts calls from other machines, unencrypted.")
]
MemoryMax = Annotated[
    str | None,
    typer.Option("--memory-max", help="At more memory it is killed, and restarts: 800M, 2G, 50%."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be written.")]
Now = Annotated[bool, typer.Option("--now", help="Run systemctl as well.")]


class UnitChange(StrEnum):
    """What was done with a file that was to be written."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """systemd, of the machine or of a user."""

    folder: Path
    """Where its units are."""

    is_user: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The beginning of its commands."""
        return ("systemctl", "--user") if self.is_user else ("systemctl",)

    def run(self, *arguments: str) -> None:
        """Run systemctl, and show the command; raises CommandError."""
        show(" ".join((*self.words, *arguments)))
        if not shutil.which("systemctl"):
            raise CommandError("There is no systemctl here: leave out --now.")
        done = subprocess.run([*self.words, *arguments], check=False)  # noqa: S603 - our own words
        if done.returncode:
            raise CommandError(f"systemctl failed with {done.returncode}; its message is above.")

    def ask(self, question: str, unit: str) -> str:
        """Return the answer of `systemctl is-active` or `is-enabled`; "unknown" without systemd."""
        if not shutil.which("systemctl"):
            return "unknown"
        asked = [*self.words, question, unit]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603
        return done.stdout.strip() or "unknown"

    def links(self, file_name: str) -> list[Path]:
        """Return the links by which a unit is enabled."""
        return sorted(self.folder.glob(f"*.wants/{file_name}"))


@service.command()
def install(
    names: Names,
    user: User = False,
    run_as: RunAs = None,
    host: Host = None,
    port: Port = None,
    shared: Shared = False,
    memory_max: MemoryMax = None,
    dry_run: DryRun = False,
    now: Now = False,
) -> None:
    """Write the units of services; files that are as they should be are left alone.

    serve receives webhook calls, poll fetches updates, proxy records the bot's calls. up is
    Dagster's daemon and UI; daily builds once a night instead, and takes no memory meanwhile.
    """
    _check_together(names, has_options=bool(host or port or shared))
    settings = load_settings()
    manager = _manager(is_user=user)
    if not dry_run:
        _check_root(manager)
    installation = _installation(settings, manager, run_as)
    options = ServiceOptions(host, port, memory_max, is_shared=shared)
    files: dict[str, str] = {}
    for name in dict.fromkeys(names):
        files |= unit_files(name, installation, options)
    if dry_run:
        for file_name, text in files.items():
            sys.stdout.write(f"# {manager.folder / file_name}\n{text}\n")
        return
    _check_env_file(installation)
    _make_folders(installation, names)
    outcomes = {
        file_name: _write(manager.folder / file_name, text) for file_name, text in files.items()
    }
    units = [started_unit(name) for name in dict.fromkeys(names)]
    _next(manager, _starts(units, outcomes), now=now)
    if user:
        show("So that they run while you are not logged in: loginctl enable-linger")


@service.command()
def status(user: User = False) -> None:
    """Show which services are installed, enabled and active."""
    manager = _manager(is_user=user)
    table = Table(title=f"Services in {manager.folder}")
    for column in ("service", "unit", "installed", "enabled", "active"):
        table.add_column(column)
    for name in ServiceName:
        unit = started_unit(name)
        if (manager.folder / unit).exists():
            answers = (manager.ask("is-enabled", unit), manager.ask("is-active", unit))
            table.add_row(name, unit, "yes", *answers)
        else:
            table.add_row(name, unit, "no", "", "")
    out.print(table)


@service.command()
def remove(names: Names, user: User = False, dry_run: DryRun = False, now: Now = False) -> None:
    """Remove the units of services. Data, settings and the account stay."""
    manager = _manager(is_user=user)
    if not dry_run:
        _check_root(manager)
    paths = [
        manager.folder / f"{name.unit}.{suffix}"
        for name in dict.fromkeys(names)
        for suffix in ("timer", "service")
    ]
    found = [path for path in paths if path.exists()]
    for path in found:
        _check_ours(path)
    if not found:
        show(f"None of them is in {manager.folder}.")
        return
    if now and not dry_run:
        manager.run("disable", "--now", *(path.name for path in found))
    for path in (*found, *(link for each in found for link in manager.links(each.name))):
        if not dry_run:
            path.unlink()
        show(f"{'Would remove' if dry_run else 'Removed'} {path}")
    if not dry_run:
        commands = [("daemon-reload",)] if now else [_stops(found), ("daemon-reload",)]
        _next(manager, commands, now=now)


def _check_together(names: Iterable[ServiceName], *, has_options: bool) -> None:
    """Raise CommandError for services that exclude each other."""
    chosen = set(names)
    if {ServiceName.SERVE, ServiceName.POLL} <= chosen:
        raise CommandError("A bot has a webhook or is polled: install serve or poll, not both.")
    if {ServiceName.PROXY, ServiceName.POLL} <= chosen:
        raise CommandError(
            "With the proxy, the bot polls by itself: install proxy or poll, not both."
        )
    if {ServiceName.UP, ServiceName.DAILY} <= chosen:
        raise CommandError("up builds every night, too: install up or daily, not both.")
    if has_options and len(chosen) > 1:
        raise CommandError(
            "--host, --port and --shared are for one service: install each by itself."
        )


def _manager(*, is_user: bool) -> ServiceManager:
    if not is_user:
        return ServiceManager(SYSTEM_FOLDER)
    return ServiceManager(user_folder(os.environ), is_user=True)


def _check_root(manager: ServiceManager) -> None:
    if not manager.is_user and os.geteuid() != 0:
        raise CommandError(
            f"Units in {manager.folder} need root: repeat this with sudo, or with --user for units "
            "of your own, or with --dry-run to see them."
        )


def _installation(settings: Settings, manager: ServiceManager, run_as: str | None) -> Installation:
    if manager.is_user and run_as:
        raise CommandError("--run-as is for system units: those of --user run as you.")
    home = home_folder().absolute()
    state = home / STATE_FOLDER
    landing, lake = local_folder(settings.landing_uri), local_folder(settings.lake_uri)
    # Not dagster_home(), which creates the folder.
    history = Path(os.environ.get("DAGSTER_HOME") or state / "dagster").absolute()
    return Installation(
        command=Path(sys.executable).with_name("tg-pipeline"),
        interpreter=Path(sys.executable).resolve(),
        home=home,
        env_file=home / ".env",
        dagster_home=history,
        user=None if manager.is_user else _account(run_as, home / ".env"),
        landing_folders=tuple(_outermost([landing])),
        spool=home / settings.proxy.spool,
        build_folders=tuple(_outermost([state, history, landing, lake])),
        timezone=settings.timezone,
    )


def _account(run_as: str | None, env_file: Path) -> str:
    """Return the name of the account of a system unit; raises CommandError."""
    try:
        found = pwd.getpwnam(run_as) if run_as else pwd.getpwuid(env_file.stat().st_uid)
    except FileNotFoundError:
        raise CommandError(f"There is no {env_file}: write the settings into it first.") from None
    except KeyError:
        unknown = f"an account {run_as!r}" if run_as else f"an account that owns {env_file}"
        raise CommandError(f"There is no {unknown}: adduser --system creates one.") from None
    if found.pw_uid == 0:
        raise CommandError(
            "Services do not run as root: name another account with --run-as, or give it .env "
            f"(chown NAME {env_file})."
        )
    return found.pw_name


def _outermost(folders: Iterable[Path | None]) -> Iterator[Path]:
    """Yield the folders that are in none of the others."""
    given = dict.fromkeys(folder for folder in folders if folder)
    for folder in given:
        if not any(folder != each and folder.is_relative_to(each) for each in given):
            yield folder


def _check_env_file(installation: Installation) -> None:
    """Make `.env` readable for its owner alone; raise CommandError if a service can't use it."""
    path = installation.env_file
    if not path.is_file():
        raise CommandError(f"There is no {path}: write the settings into it first.")
    state = path.stat()
    if installation.user and state.st_uid != pwd.getpwnam(installation.user).pw_uid:
        raise CommandError(
            f"{path} must belong to {installation.user}: chown {installation.user} {path}"
        )
    if line := ambiguous_line(path.read_text("utf-8")):
        raise CommandError(
            f"systemd reads line {line} of {path} differently than tg-pipeline: write NAME=value, "
            "without export, a comment behind it, or $ and backslashes."
        )
    if stat.S_IMODE(state.st_mode) != ENV_MODE:
        path.chmod(ENV_MODE)
        show(f"{path} is readable for its owner alone now.")


def _make_folders(installation: Installation, names: Iterable[ServiceName]) -> None:
    """Create the folders that services write to, since systemd starts none without them."""
    folders = [folder for name in names for folder in installation.writable(name)]
    if any(name.builds for name in names):
        folders.append(installation.dagster_home)
    for folder in folders:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(FOLDER_MODE)
            if installation.user:
                account = pwd.getpwnam(installation.user)
                os.chown(each, account.pw_uid, account.pw_gid)
    if installation.dagster_home in folders:
        dagster_home()  # adds Dagster's configuration


def _check_ours(path: Path) -> None:
    if not path.read_text("utf-8").startswith(MARK):
        raise CommandError(f"{path} was not written by tg-pipeline: move it away first.")


def _write(path: Path, text: str) -> UnitChange:
    """Write a unit, unless it is there already, and show what changed."""
    before = None
    if path.exists():
        _check_ours(path)
        before = path.read_text("utf-8")
    if before == text:
        show(f"Unchanged: {path}")
        return UnitChange.UNCHANGED
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.new")
    staged.write_text(text, "utf-8")
    # Readable for all, as other units are: it holds no secret.
    staged.chmod(UNIT_MODE)
    staged.replace(path)
    if before is None:
        show(f"Written: {path}")
        return UnitChange.WRITTEN
    show(f"Replaced: {path}")
    for line in difflib.unified_diff(before.splitlines(), text.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            show(f"  {line}")
    return UnitChange.REPLACED


def _starts(units: list[str], outcomes: Mapping[str, UnitChange]) -> Iterator[tuple[str, ...]]:
    """Yield the commands of systemctl that start units, also those that run as they were before."""
    if set(outcomes.values()) != {UnitChange.UNCHANGED}:
        yield ("daemon-reload",)
    yield ("enable", "--now", *units)
    if replaced := [unit for unit in units if outcomes[unit] is UnitChange.REPLACED]:
        yield ("restart", *replaced)


def _stops(found: list[Path]) -> tuple[str, ...]:
    return ("stop", *(path.name for path in found))


def _next(manager: ServiceManager, commands: Iterable[tuple[str, ...]], *, now: bool) -> None:
    """Run commands of systemctl if asked to, or show them."""
    if now:
        for command in commands:
            manager.run(*command)
        return
    warn("Next, or with --now:")
    for command in commands:
        show(f"  {' '.join((*manager.words, *command))}")
