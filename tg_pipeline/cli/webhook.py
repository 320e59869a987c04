"""`tg-pipeline webhook`: where Telegram sends the bot's updates."""

import typer

from tg_pipeline.cli.bot_api import open_api, patience, show
from tg_pipeline.cli.webhook_info import webhook_info
from tg_pipeline.cli.webhook_options import DropPending
from tg_pipeline.cli.webhook_set import set_webhook
from tg_pipeline.settings import load_settings
from tg_pipeline.telegram.redaction import shorten_url
from tg_pipeline.telegram.webhook_advice import waiting_updates


def delete_webhook(drop_pending: DropPending = False) -> None:
    """Let Telegram send nothing: what happens waits for a poll, or for the next webhook."""
    with open_api(load_settings()) as api:
        before = patience().with_call(api.get_webhook_info)
        patience().with_call(lambda: api.delete_webhook(drop_pending=drop_pending))
        after = patience().with_call(api.get_webhook_info)
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
