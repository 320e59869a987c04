"""`tg-pipeline service` writes systemd units that are hardened, hold no secret, and change once."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tg_pipeline.cli.operation import service as command
from tg_pipeline.cli.operation.service_units import (
    Installation,
    ServiceName,
    ServiceOptions,
    ambiguous_line,
    unit_files,
)
from tg_pipeline_tests.cli.conftest import COMMAND, Done, Shell

TOKEN = "7:of-a-test-bot"  # noqa: S105 - it opens nothing
NAMES = list(ServiceName)

ANALYZE: Final = shutil.which("systemd-analyze") or ""

Service = Callable[..., Done]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return tmp_path / "config" / "systemd" / "user"


@pytest.fixture
def service(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A user's own services of a pipeline in a folder, on a machine without systemd."""
    monkeypatch.setattr(command, "home_folder", lambda: shell.folder)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    env_file = shell.folder / ".env"
    env_file.write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\n")
    env_file.chmod(0o600)
    home = {
        "XDG_CONFIG_HOME": str(shell.folder / "config"),
        "DAGSTER_HOME": str(shell.folder / "dagster"),
        "TG_PROXY_SPOOL": str(shell.folder / "spool"),
        "TELEGRAM_BOT_TOKEN": TOKEN,
    }

    def run(*arguments: str) -> Done:
        return shell.run("service", *arguments, settings=home, here=True)

    return run


def system_installation(folder: Path) -> Installation:
    return Installation(
        command=Path(COMMAND),
        interpreter=Path("/usr/bin/python3"),
        home=folder,
        env_file=folder / ".env",
        dagster_home=folder / "dagster",
        user="daemon",
        landing_folders=(folder / "landing",),
        spool=folder / "spool",
        build_folders=(folder / "landing", folder / "lake", folder / "dagster"),
        timezone="America/Sao_Paulo",
    )


def write_units(folder: Path, installation: Installation) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        for file_name, text in unit_files(name, installation, ServiceOptions()).items():
            (folder / file_name).write_text(text)
    return sorted(folder.iterdir())


def test_a_second_install_changes_nothing(service: Service, units: Path) -> None:
    # Given installed services
    assert service("install", "--user", "poll", "up").returncode == 0
    before = {path: path.stat().st_mtime_ns for path in units.iterdir()}

    again = service("install", "--user", "poll", "up")

    assert {path: path.stat().st_mtime_ns for path in units.iterdir()} == before
    assert sorted(path.name for path in before) == [
        "tg-pipeline-poll.service",
        "tg-pipeline-up.service",
    ]
    assert "Written" not in again.stdout
    assert "daemon-reload" not in again.stdout


def test_a_changed_unit_is_replaced_and_shown(service: Service, units: Path) -> None:
    service("install", "--user", "serve", "--port", "8080")

    changed = service("install", "--user", "serve", "--port", "8081", "--memory-max", "800M")

    assert "+MemoryMax=800M" in changed.stdout
    assert "serve --port 8080" in changed.stdout
    assert "systemctl --user restart tg-pipeline-serve.service" in changed.stdout
    assert "serve --port 8081" in (units / "tg-pipeline-serve.service").read_text()


def test_no_unit_holds_a_secret_and_only_the_owner_reads_the_settings(
    service: Service, units: Path, shell: Shell
) -> None:
    (shell.folder / ".env").chmod(0o644)

    done = service("install", "--user", "serve", "daily")

    assert done.returncode == 0, done
    assert (shell.folder / ".env").stat().st_mode & 0o777 == 0o600
    texts = [path.read_text() for path in units.iterdir()]
    assert len(texts) == 3
    assert not any(TOKEN in text for text in texts)
    assert any(f"EnvironmentFile={shell.folder}/.env" in text for text in texts)


def test_what_services_write_to_exists_before_they_start(service: Service, shell: Shell) -> None:
    service("install", "--user", "poll")

    assert shell.landing.is_dir()
    assert not shell.lake.exists()

    service("install", "--user", "up")

    assert shell.lake.is_dir()
    assert (shell.folder / "dagster").is_dir()


def test_the_proxy_may_write_to_its_spool_which_exists_before_it_starts(
    service: Service, shell: Shell
) -> None:
    done = service("install", "--user", "proxy")

    assert done.returncode == 0, done
    assert (shell.folder / "spool").is_dir()
    (text,) = unit_files(
        ServiceName.PROXY, system_installation(Path("/srv/x")), ServiceOptions()
    ).values()
    assert "\nReadWritePaths=/srv/x/landing /srv/x/spool\n" in text


def test_the_proxy_starts_again_at_once_since_its_bot_waits() -> None:
    installation = system_installation(Path("/srv/x"))
    texts = {
        name: unit_files(name, installation, ServiceOptions())[f"{name.unit}.service"]
        for name in (ServiceName.PROXY, ServiceName.POLL)
    }

    assert "\nRestartSec=5\n" in texts[ServiceName.PROXY]
    assert "\nRestartSec=30\n" in texts[ServiceName.POLL]


def test_a_dry_run_prints_the_units_and_writes_nothing(
    service: Service, shell: Shell, units: Path
) -> None:
    (shell.folder / ".env").unlink()

    done = service("install", "--user", "proxy", "--host", "10.0.0.5", "--shared", "--dry-run")

    assert done.returncode == 0, done
    assert "tg-pipeline proxy --host 10.0.0.5 --shared" in done.stdout
    assert not units.exists()


def test_a_system_unit_runs_as_the_owner_of_the_settings_and_writes_to_its_folders_alone(
    service: Service, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given settings that belong to an account without privileges
    account = pwd.getpwuid(os.geteuid() or pwd.getpwnam("daemon").pw_uid)
    os.chown(shell.folder / ".env", account.pw_uid, account.pw_gid)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(command, "SYSTEM_FOLDER", tmp_path / "system")

    done = service("install", "poll")

    assert done.returncode == 0, done
    unit = (tmp_path / "system" / "tg-pipeline-poll.service").read_text()
    assert f"\nUser={account.pw_name}\n" in unit
    assert f"\nReadWritePaths={shell.landing}\n" in unit
    assert shell.landing.stat().st_uid == account.pw_uid
    assert "systemctl enable --now tg-pipeline-poll.service" in done.stdout
    # And it is shown as installed
    assert "poll" in service("status").stdout


@pytest.mark.parametrize(
    ("interpreter", "protection"),
    [("/usr/bin/python3", "yes"), ("/home/ana/.local/bin/python3", "read-only")],
)
def test_home_folders_are_hidden_unless_the_pipeline_needs_one(
    interpreter: str, protection: str
) -> None:
    installation = replace(system_installation(Path("/srv/x")), interpreter=Path(interpreter))
    installation = replace(installation, command=Path("/srv/x/.venv/bin/tg-pipeline"))

    (text,) = unit_files(ServiceName.POLL, installation, ServiceOptions()).values()

    assert f"\nProtectHome={protection}\n" in text


def test_system_units_without_root_are_refused_in_one_sentence(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert "need root" in service("install", "poll").error()


def test_systemctl_is_called_only_if_asked_for(service: Service) -> None:
    assert service("install", "--user", "poll").returncode == 0

    refused = service("install", "--user", "poll", "--now")

    assert refused.returncode == 1
    assert "There is no systemctl here" in refused.stderr


def test_removing_deletes_the_unit_its_link_and_nothing_else(service: Service, units: Path) -> None:
    # Given an enabled service, and another one
    service("install", "--user", "poll", "daily")
    wants = units / "default.target.wants"
    wants.mkdir()
    (wants / "tg-pipeline-poll.service").symlink_to(units / "tg-pipeline-poll.service")

    done = service("remove", "--user", "poll")

    assert done.returncode == 0, done
    assert list(wants.iterdir()) == []
    assert {path.suffix for path in units.iterdir()} == {".service", ".timer", ".wants"}
    assert not (units / "tg-pipeline-poll.service").exists()


@pytest.mark.parametrize("action", ["install", "remove"])
def test_a_unit_that_somebody_wrote_is_left_alone(
    service: Service, units: Path, action: str
) -> None:
    units.mkdir(parents=True)
    (units / "tg-pipeline-poll.service").write_text("[Service]\n")

    assert "was not written by tg-pipeline" in service(action, "--user", "poll").error()
    assert (units / "tg-pipeline-poll.service").read_text() == "[Service]\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["serve", "poll"], "not both"),
        (["up", "daily"], "not both"),
        (["poll", "proxy"], "not both"),
        (["serve", "up", "--port", "1"], "each by itself"),
        (["poll", "--port", "1"], "listens nowhere"),
        (["up", "--host", "0.0.0.0"], "no such choice"),  # noqa: S104 - refused
        (["up", "--memory-max", "lots"], "not an amount"),
        (["proxy", "--host", "10.0.0.5"], "add --shared"),
        (["serve", "--shared"], "is for proxy"),
        (["serve", "--host", "a b"], "can't be written into a unit"),
        (["poll", "--run-as", "daemon"], "run as you"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    service: Service, units: Path, arguments: list[str], reason: str
) -> None:
    assert reason in service("install", "--user", *arguments).error()
    assert not units.exists()


@pytest.mark.parametrize(
    "line",
    [
        "export A=1",
        "A = 1",
        "A=1 # a comment",
        "A=${B}",
        'A="${B}"',
        "A=a\\b",
        'A="one',
        "A=it's",
        "A=#1",
        "; a comment of systemd alone",
        "# a comment that goes on \\",
    ],
)
def test_a_line_that_systemd_reads_differently_is_found(line: str) -> None:
    assert ambiguous_line(f"# settings\n\nA=1\n{line}\n") == 4


@pytest.mark.parametrize(
    "line",
    ["A=", "A=a b", "A='a # b'", 'A="it\'s"', "A=https://x.example/#y?z=$1", "  # a comment"],
)
def test_a_line_that_both_read_alike_passes(line: str) -> None:
    assert ambiguous_line(line) is None


@pytest.mark.slow
@pytest.mark.skipif(not ANALYZE, reason="no systemd-analyze here")
@pytest.mark.parametrize("user", ["daemon", None], ids=["system", "user"])
def test_systemd_accepts_every_line_of_every_unit(tmp_path: Path, user: str | None) -> None:
    installation = replace(system_installation(tmp_path), user=user)
    paths = write_units(tmp_path / "units", installation)

    scope = [] if user else ["--user"]
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", *scope, *paths],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )

    ours = [line for line in done.stderr.splitlines() if "tg-pipeline" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.slow
@pytest.mark.skipif(not ANALYZE, reason="no systemd-analyze here")
def test_services_are_exposed_little_by_systemds_own_measure(tmp_path: Path) -> None:
    paths = write_units(tmp_path / "units", system_installation(tmp_path))

    for path in paths:
        if path.suffix == ".service":
            # Tenths: 2.0 of 10, of which the network that they need is the largest part.
            subprocess.run(
                [ANALYZE, "security", "--offline=true", "--threshold=20", path],
                capture_output=True,
                check=True,
            )
