"""`tg-pipeline webhook set`: checked here first, and never at the cost of a bot that works."""

from typing import TYPE_CHECKING

from lambda_ingest.settings import DoorSettings
from tg_pipeline.cli import webhook_options as options
from tg_pipeline.cli.bot_api import open_api, patience, warn
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.cli.webhook_info import show_webhook
from tg_pipeline.settings import DEFAULT_API_URL, load_settings
from tg_pipeline.telegram.answers import WebhookInfo
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.redaction import shorten_url
from tg_pipeline.telegram.webhook_request import WebhookRequest, check_webhook_url, path_of

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApi


def set_webhook(
    url: options.Url,
    max_connections: options.MaxConnections = 40,
    allowed_updates: options.AllowedUpdates = None,
    drop_pending: options.DropPending = False,
    ip_address: options.IpAddress = None,
    certificate: options.Certificate = None,
    replace: options.Replace = False,
    without_secret: options.WithoutSecret = False,
) -> None:
    """Have Telegram send the bot's updates to a door.

    One webhook a bot: one that serves users already is not replaced unless you say so.
    """
    settings = load_settings()
    check_webhook_url(url, is_local=settings.api_url != DEFAULT_API_URL)
    request = WebhookRequest(
        url=url,
        secret_token=options.secret(settings.door, without_secret=without_secret),
        max_connections=max_connections,
        allowed_updates=options.names(allowed_updates),
        drop_pending_updates=drop_pending,
        ip_address=options.address(ip_address),
        certificate=options.certificate_file(certificate),
    )
    with open_api(settings) as api:
        before = patience().with_call(api.get_webhook_info)
        if before.url not in {"", url} and not replace:
            raise CommandError(_advice_on_replacing(shorten_url(before.url, api.token)))
        _set(api, request, before)
        after = patience().with_call(api.get_webhook_info)
    _warn_of_path(url, settings.door)
    _warn_of_types(request, after)
    show_webhook(after, api.token)


def _advice_on_replacing(shown: str) -> str:
    return (
        f"A webhook is set already ({shown}), and a bot has one only. If it serves users, let the "
        "door hand updates on to it: set FORWARD_URL (and FORWARD_SECRET_TOKEN) there to what is "
        "set now, and repeat this with --replace."
    )


def _set(api: "BotApi", request: WebhookRequest, before: WebhookInfo) -> None:
    try:
        patience().with_call(lambda: api.set_webhook(request))
    except TelegramError as error:
        refused = error
    else:
        return
    # Telegram takes the old webhook away before it looks at the new one.
    if before.url and _has_no_webhook(api):
        shown = shorten_url(before.url, api.token)
        raise CommandError(f"{refused} The webhook before, {shown}, is gone: set it again.")
    raise refused


def _has_no_webhook(api: "BotApi") -> bool:
    try:
        return not api.get_webhook_info().url
    except TelegramError:
        return False


def _warn_of_path(url: str, door: DoorSettings) -> None:
    if not path_of(url).endswith(door.webhook_path.reveal()):
        warn("The URL's path is not the door's (TG_WEBHOOK_PATH): it answers 404 elsewhere.")


def _warn_of_types(request: WebhookRequest, after: WebhookInfo) -> None:
    """Point out what Telegram passed over in silence, such as a name that it does not know."""
    refused = [
        name for name in request.allowed_updates if name not in (after.allowed_updates or [])
    ]
    if after.allowed_updates is not None and refused:
        warn(f"Telegram does not know these update types: {', '.join(refused)}.")
