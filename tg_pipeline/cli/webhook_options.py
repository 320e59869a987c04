"""The options of `tg-pipeline webhook set`, and what they stand for.

What can't be raises CommandError, before Telegram is asked.
"""

from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Annotated

import typer

from lambda_ingest.secret import Secret
from lambda_ingest.settings import DoorSettings
from tg_pipeline.cli.bot_api import warn
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.telegram.update_types import UPDATE_TYPES

Url = Annotated[str, typer.Argument(help="Where the door is, with its path: https://…/telegram")]
MaxConnections = Annotated[
    int, typer.Option("--max-connections", min=1, max=100, help="How many updates at once.")
]
AllowedUpdates = Annotated[
    str | None,
    typer.Option("--allowed-updates", help="Types, comma-separated. [default: all]"),
]
DropPending = Annotated[
    bool, typer.Option("--drop-pending", help="Forget the updates that wait: they are lost.")
]
IpAddress = Annotated[
    str | None, typer.Option("--ip-address", help="The host's IPv4 address, instead of its DNS.")
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="A PEM file that you signed yourself.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Give up the webhook that is set.")]
WithoutSecret = Annotated[
    bool, typer.Option("--without-secret", help="Let Telegram send no secret: anyone can forge.")
]


def secret(door: DoorSettings, *, without_secret: bool) -> Secret | None:
    """Give the secret to set, None for none; it must be the door's, so both must agree."""
    if without_secret and door.secret_token:
        raise CommandError("TELEGRAM_SECRET_TOKEN is set, so --without-secret contradicts it.")
    if not without_secret and not door.secret_token:
        raise CommandError(
            "TELEGRAM_SECRET_TOKEN is not set: set the door's here as well (openssl rand -hex 32 "
            "makes one), or say --without-secret."
        )
    if without_secret and door.needs_secret_token:
        warn("The door refuses calls without a secret unless TG_WITHOUT_SECRET_TOKEN=yes is set.")
    return door.secret_token


def names(listed: str | None) -> list[str]:
    """Give the names; where there are none, all of them: leaving them out keeps those before."""
    names = [name.strip() for name in (listed or "").split(",") if name.strip()]
    return names or list(UPDATE_TYPES)


def address(written: str | None) -> str | None:
    """Give the address as Telegram takes it."""
    try:
        return str(IPv4Address(written)) if written else None
    except AddressValueError:
        raise CommandError(f"--ip-address {written} is no IPv4 address.") from None


def certificate_file(path: Path | None) -> bytes | None:
    """Give what the file holds; a private key must not leave this machine."""
    if path is None:
        return None
    pem = path.read_bytes()
    if b"BEGIN CERTIFICATE" not in pem:
        raise CommandError(f"{path} is no certificate in PEM form.")
    if b"PRIVATE KEY" in pem:
        raise CommandError(f"{path} holds a private key: give the certificate alone.")
    return pem
