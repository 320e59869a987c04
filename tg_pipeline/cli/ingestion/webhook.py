"""`tg-pipeline webhook`: set, show and delete the webhook that Telegram sends updates to."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from lambda_ingest.settings import (
    DEFAULT_WEBHOOK_PATH,
    ForwardSettings,
    IngestSettings,
    Secret,
)
from tg_pipeline.cli.console import one_line, out
from tg_pipeline.cli.context import show, warn
from tg_pipeline.cli.ingestion.bot_api import (
    open_api,
    rate_limit_retry,
    remember_username,
    warn_of_clock,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import DEFAULT_API_URL, load_settings
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.models import UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.redaction import shorten_url
from tg_pipeline.telegram.webhooks import (
    WebhookRequest,
    age_in_words,
    check_webhook_url,
    diagnose,
    missing_types,
    path_of,
    pending_updates,
    redact_webhook_info,
    types_beyond_default,
)

webhook = typer.Typer(
    help="The webhook that Telegram sends the bot's updates to: set, show, delete.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Url = Annotated[str, typer.Argument(help="The endpoint's URL, with its path: https://…/telegram")]
MaxConnections = Annotated[
    int, typer.Option("--max-connections", min=1, max=100, help="How many updates at once.")
]
AllowedUpdates = Annotated[
    str | None,
    typer.Option("--allowed-updates", help="Types, comma-separated. [default: all]"),
]
DropPending = Annotated[
    bool, typer.Option("--drop-pending", help="Drop the pending updates: they are lost.")
]
IpAddress = Annotated[
    str | None, typer.Option("--ip-address", help="The host's IPv4 address, instead of its DNS.")
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="A self-signed certificate, in PEM form.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace the webhook that is already set.")
]
WithoutSecret = Annotated[
    bool,
    typer.Option("--without-secret", help="Set no secret: then anyone can forge updates."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]


@webhook.command("set")
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
    """Have Telegram send the bot's updates to an endpoint.

    A bot has only one webhook: another one, which may serve users, is replaced only on request.
    """
    settings = load_settings()
    check_webhook_url(url, is_local=settings.api_url != DEFAULT_API_URL)
    request = WebhookRequest(
        url=url,
        secret_token=_secret(settings.ingest, without_secret=without_secret),
        max_connections=max_connections,
        allowed_updates=_update_types(allowed_updates),
        drop_pending_updates=drop_pending,
        ip_address=_ipv4_address(ip_address),
        certificate=_read_certificate(certificate),
    )
    with open_api(settings) as api:
        before = rate_limit_retry().call(api.get_webhook_info)
        is_other = before.url not in {"", url}
        if is_other and not replace:
            raise CommandError(_advice_on_replacing(shorten_url(before.url, api.token)))
        if is_other:
            _keep_types(before, settings.ingest.forward)
        _set(api, request, before)
        after = rate_limit_retry().call(api.get_webhook_info)
        with suppress(TelegramError):
            remember_username(settings, api.get_me())
    warn_of_clock(api)
    _warn_of_path(url, settings.ingest)
    _warn_of_types(request, after)
    _show_webhook(after, api.token)


def _secret(ingest: IngestSettings, *, without_secret: bool) -> Secret | None:
    """Return the secret to set, None for none; the endpoint must expect the same."""
    if without_secret and ingest.secret_token:
        raise CommandError("TELEGRAM_SECRET_TOKEN is set, so --without-secret contradicts it.")
    if not without_secret and not ingest.secret_token:
        raise CommandError(
            "TELEGRAM_SECRET_TOKEN is not set: set it to the endpoint's (openssl rand -hex 32 "
            "creates one), or use --without-secret."
        )
    if without_secret and ingest.needs_secret_token:
        warn(
            "The endpoint rejects updates without a secret unless TG_WITHOUT_SECRET_TOKEN=yes is "
            "set."
        )
    return ingest.secret_token


def _update_types(listed: str | None) -> list[str]:
    """Return the listed types; all if there are none, since omitting them keeps the previous."""
    names = [name.strip() for name in (listed or "").split(",") if name.strip()]
    return names or list(UPDATE_TYPES)


def _ipv4_address(text: str | None) -> str | None:
    try:
        return str(IPv4Address(text)) if text else None
    except AddressValueError:
        raise CommandError(f"--ip-address {text} is not a valid IPv4 address.") from None


def _read_certificate(path: Path | None) -> bytes | None:
    """Return the file's contents; a private key must not leave this machine."""
    if path is None:
        return None
    pem = path.read_bytes()
    if b"BEGIN CERTIFICATE" not in pem:
        raise CommandError(f"{path} is not a certificate in PEM form.")
    if b"PRIVATE KEY" in pem:
        raise CommandError(f"{path} contains a private key: use a file with the certificate alone.")
    return pem


def _advice_on_replacing(current: str) -> str:
    return (
        f"A webhook is already set ({current}), and a bot has only one. If it serves users, let "
        "the endpoint forward updates to it: set FORWARD_URL (and FORWARD_SECRET_TOKEN) there to "
        "what is set now, and repeat this with --replace."
    )


def _keep_types(before: WebhookInfo, forward: ForwardSettings | None) -> None:
    """Check that the bot behind the old webhook still gets the types that it asked for.

    Telegram forgets them when the new webhook is set, so they are shown before, for an endpoint
    whose settings are elsewhere.
    """
    types = types_beyond_default(before.allowed_updates)
    setting = f"FORWARD_ALLOWED_UPDATES={','.join(sorted(types))}"
    if forward is None or forward.url.reveal() != before.url:
        show(f"The previous webhook's types, for an endpoint that forwards to it: {setting}")
    elif types_beyond_default(forward.update_types) != types:
        raise CommandError(
            "The bot at FORWARD_URL would get other types of updates than it asked Telegram for. "
            f"Set this for the endpoint, start it again, and repeat the command: {setting}"
        )


def _set(api: BotApiClient, request: WebhookRequest, before: WebhookInfo) -> None:
    try:
        rate_limit_retry().call(lambda: api.set_webhook(request))
    except TelegramError as error:
        rejection = error
    else:
        return
    # Telegram removes the old webhook before it checks the new one.
    if before.url and _has_no_webhook(api):
        previous = shorten_url(before.url, api.token)
        raise CommandError(f"{rejection} The previous webhook, {previous}, is gone: set it again.")
    raise rejection


def _has_no_webhook(api: BotApiClient) -> bool:
    try:
        return not api.get_webhook_info().url
    except TelegramError:
        return False


def _warn_of_path(url: str, ingest: IngestSettings) -> None:
    path = ingest.webhook_path or Secret(DEFAULT_WEBHOOK_PATH)
    if not path_of(url).endswith(path.reveal()):
        warn("The URL's path is not TG_WEBHOOK_PATH: the endpoint answers 404 at other paths.")


def _warn_of_types(request: WebhookRequest, after: WebhookInfo) -> None:
    """Warn of types that Telegram ignored silently, such as a misspelled name."""
    ignored = [
        name for name in request.allowed_updates if name not in (after.allowed_updates or [])
    ]
    if after.allowed_updates is not None and ignored:
        warn(f"Telegram does not know these update types: {', '.join(ignored)}.")


@webhook.command("info")
def webhook_info(as_json: AsJson = False) -> None:
    """Show the webhook, its last errors, and what to do about them."""
    with open_api(load_settings()) as api:
        info = rate_limit_retry().call(api.get_webhook_info)
    warn_of_clock(api)
    if as_json:
        redacted = redact_webhook_info(info, api.token)
        advice = {"advice": diagnose(redacted, datetime.now(UTC))}
        typer.echo(json.dumps(msgspec.to_builtins(redacted) | advice, indent=2, ensure_ascii=False))
    else:
        _show_webhook(info, api.token)


def _show_webhook(info: WebhookInfo, token: Secret) -> None:
    """Print a table, and advice below it."""
    redacted, now = redact_webhook_info(info, token), datetime.now(UTC)
    if redacted.url:
        table = Table(title="The webhook", show_header=False)
        for name, value in _rows(redacted, now):
            table.add_row(name, one_line(value))
        out.print(table)
    for line in diagnose(redacted, now):
        show(line)


def _rows(info: WebhookInfo, now: datetime) -> Iterator[tuple[str, str]]:
    yield "URL", info.url
    yield "IP address", info.ip_address or "not known yet"
    yield "pending updates", f"{info.pending_update_count:,}"
    yield "max. connections", str(info.max_connections or "unknown")
    yield "update types", _types(info)
    yield "certificate", "self-signed" if info.has_custom_certificate else "signed by an authority"
    if info.last_error_date is not None:
        yield "last error", age_in_words(info.last_error_date, now)


def _types(info: WebhookInfo) -> str:
    sent = len(UPDATE_TYPES) - len(missing_types(info))
    return f"all {sent}" if sent == len(UPDATE_TYPES) else f"{sent} of {len(UPDATE_TYPES)}"


@webhook.command("delete")
def delete_webhook(drop_pending: DropPending = False) -> None:
    """Delete the webhook: updates then wait for a poll, or for another webhook."""
    with open_api(load_settings()) as api:
        before = rate_limit_retry().call(api.get_webhook_info)
        rate_limit_retry().call(lambda: api.delete_webhook(drop_pending=drop_pending))
        after = rate_limit_retry().call(api.get_webhook_info)
    deleted = f"deleted: {shorten_url(before.url, api.token)}" if before.url else "was not set"
    show(f"Webhook {deleted}. {pending_updates(after)}. Fetch updates with: tg-pipeline poll")
