"""`tg-pipeline bot`: whose token it is, what the bot can see, and how its updates are fetched."""

from tg_pipeline.cli.context import show
from tg_pipeline.cli.ingestion.bot_api import open_api, rate_limit_retry, remember_username
from tg_pipeline.settings import load_settings
from tg_pipeline.telegram.models import BotInfo, WebhookInfo
from tg_pipeline.telegram.webhooks import pending_updates, redact_webhook_info


def bot() -> None:
    """Show who the bot is, what it can see, and how its updates are fetched."""
    settings = load_settings()
    with open_api(settings) as api:
        info = rate_limit_retry().call(api.get_me)
        webhook = redact_webhook_info(rate_limit_retry().call(api.get_webhook_info), api.token)
    remember_username(settings, info)
    for line in (_name(info), _groups(info), _business(info), _updates(webhook)):
        show(line)


def _name(info: BotInfo) -> str:
    username = f"@{info.username}, " if info.username else ""
    return f"{info.first_name} ({username}id {info.id})"


def _groups(info: BotInfo) -> str:
    joins = "" if info.can_join_groups else " It can't be added to groups (/setjoingroups)."
    if info.can_read_all_group_messages:
        return f"It sees all messages of its groups.{joins}"
    return (
        "In groups it sees only what is meant for it (privacy mode): turn that off with "
        "/setprivacy at @BotFather and add it to the group again, or make it an administrator."
        f"{joins}"
    )


def _business(info: BotInfo) -> str:
    can = "can" if info.can_connect_to_business else "can't"
    return f"It {can} be connected to business accounts."


def _updates(webhook: WebhookInfo) -> str:
    pending = pending_updates(webhook)
    if not webhook.url:
        return f"No webhook is set, so updates are polled (tg-pipeline poll). {pending}."
    return f"A webhook is set: {webhook.url} (tg-pipeline webhook info). {pending}."
