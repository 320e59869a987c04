"""`tg-pipeline webhook`: where Telegram sends the bot's updates."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from lambda_ingest.settings import DEFAULT_WEBHOOK_PATH, IngestSettings, Secret
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_api, patience, printable, show, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import DEFAULT_API_URL, load_settings
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.models import UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.redaction import shorten_url
from tg_pipeline.telegram.webhooks import (
    WebhookRequest,
    advise,
    age_in_words,
    check_webhook_url,
    missing_types,
    path_of,
    scrub,
    waiting_updates,
)

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApiClient


AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]


def webhook_info(as_json: AsJson = False) -> None:
    """Show where updates go, how that went, and what to do about it."""
    with open_api(load_settings()) as api:
        info = patience().call(api.get_webhook_info)
    if as_json:
        shown = scrub(info, api.token)
        advice = {"advice": advise(shown, datetime.now(UTC))}
        out.print_json(json.dumps(msgspec.to_builtins(shown) | advice))
    else:
        show_webhook(info, api.token)


def show_webhook(info: WebhookInfo, token: Secret) -> None:
    """Print a table, and advice below it."""
    shown, now = scrub(info, token), datetime.now(UTC)
    if shown.url:
        table = Table(title="The webhook", show_header=False)
        for name, value in _rows(shown, now):
            table.add_row(name, printable(value))
        out.print(table)
    for line in advise(shown, now):
        show(line)


def _rows(info: WebhookInfo, now: datetime) -> Iterator[tuple[str, str]]:
    yield "URL", info.url
    yield "IP address", info.ip_address or "not known yet"
    yield "updates waiting", f"{info.pending_update_count:,}"
    yield "connections at most", str(info.max_connections or "not said")
    yield "update types", _types(info)
    yield "certificate", "set by you" if info.has_custom_certificate else "signed by an authority"
    if info.last_error_date is not None:
        yield "last error", age_in_words(info.last_error_date, now)


def _types(info: WebhookInfo) -> str:
    sent = len(UPDATE_TYPES) - len(missing_types(info))
    return f"all {sent}" if sent == len(UPDATE_TYPES) else f"{sent} of {len(UPDATE_TYPES)}"


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


def secret(door: IngestSettings, *, without_secret: bool) -> Secret | None:
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


def set_webhook(
    url: Url,
    max_connections: MaxConnections = 40,
    allowed_updates: AllowedUpdates = None,
    drop_pending: DropPending = False,
    ip_address: IpAddress = None,
    certificate: Certificate = None,
    replace: Replace = False,
    without_secret: WithoutSecret = False,
) -> None:
    """Have Telegram send the bot's updates to a door.

    One webhook a bot: one that serves users already is not replaced unless you say so.
    """
    settings = load_settings()
    check_webhook_url(url, is_local=settings.api_url != DEFAULT_API_URL)
    request = WebhookRequest(
        url=url,
        secret_token=secret(settings.ingest, without_secret=without_secret),
        max_connections=max_connections,
        allowed_updates=names(allowed_updates),
        drop_pending_updates=drop_pending,
        ip_address=address(ip_address),
        certificate=certificate_file(certificate),
    )
    with open_api(settings) as api:
        before = patience().call(api.get_webhook_info)
        if before.url not in {"", url} and not replace:
            raise CommandError(_advice_on_replacing(shorten_url(before.url, api.token)))
        _set(api, request, before)
        after = patience().call(api.get_webhook_info)
    _warn_of_path(url, settings.ingest)
    _warn_of_types(request, after)
    show_webhook(after, api.token)


def _advice_on_replacing(shown: str) -> str:
    return (
        f"A webhook is set already ({shown}), and a bot has one only. If it serves users, let the "
        "door hand updates on to it: set FORWARD_URL (and FORWARD_SECRET_TOKEN) there to what is "
        "set now, and repeat this with --replace."
    )


def _set(api: "BotApiClient", request: WebhookRequest, before: WebhookInfo) -> None:
    try:
        patience().call(lambda: api.set_webhook(request))
    except TelegramError as error:
        refused = error
    else:
        return
    # Telegram takes the old webhook away before it looks at the new one.
    if before.url and _has_no_webhook(api):
        shown = shorten_url(before.url, api.token)
        raise CommandError(f"{refused} The webhook before, {shown}, is gone: set it again.")
    raise refused


def _has_no_webhook(api: "BotApiClient") -> bool:
    try:
        return not api.get_webhook_info().url
    except TelegramError:
        return False


def _warn_of_path(url: str, door: IngestSettings) -> None:
    path = door.webhook_path or Secret(DEFAULT_WEBHOOK_PATH)
    if not path_of(url).endswith(path.reveal()):
        warn("The URL's path is not the door's (TG_WEBHOOK_PATH): it answers 404 elsewhere.")


def _warn_of_types(request: WebhookRequest, after: WebhookInfo) -> None:
    """Point out what Telegram passed over in silence, such as a name that it does not know."""
    refused = [
        name for name in request.allowed_updates if name not in (after.allowed_updates or [])
    ]
    if after.allowed_updates is not None and refused:
        warn(f"Telegram does not know these update types: {', '.join(refused)}.")


def delete_webhook(drop_pending: DropPending = False) -> None:
    """Let Telegram send nothing: what happens waits for a poll, or for the next webhook."""
    with open_api(load_settings()) as api:
        before = patience().call(api.get_webhook_info)
        patience().call(lambda: api.delete_webhook(drop_pending=drop_pending))
        after = patience().call(api.get_webhook_info)
    gone = f"deleted: {shorten_url(before.url, api.token)}" if before.url else "none was set"
    show(f"Webhook {gone}. {waiting_updates(after)}. Fetch with: tg-pipeline poll")


webhook = typer.Typer(
    help="Where Telegram sends the bot's updates: set, look, delete.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
webhook.command("set")(set_webhook)
webhook.command("info")(webhook_info)
webhook.command("delete")(delete_webhook)
