"""Telegram, its users, `tg-pipeline serve`, and a bot that updates are forwarded to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.synthetic.updates import is_synthetic
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.integration.bot_libraries.actors import (
    BOT_SECRET,
    BotProcess,
    WebhookProcess,
)
from tg_pipeline_tests.integration.bot_libraries.users import ALLOWED, Users

WEBHOOK_SECRET = "s3cret-of-the-webhook"  # noqa: S105 - used by the tests only
MINUTE = 60.0
"""The time limit of every wait; nothing here takes that long."""


@dataclass(frozen=True)
class Scene:
    """All participants; the bot and the webhook can be killed and started again."""

    telegram: TelegramServer
    users: Users
    bot: BotProcess
    webhook: WebhookProcess
    landing: ObjectStore

    def wait_until_delivered(self, all_but: int = 0) -> None:
        self.telegram.wait_until(lambda: len(self.telegram.pending) <= all_but, MINUTE)

    def write_until_undelivered(self) -> None:
        """Return while some of the users' updates are not delivered yet."""
        self.users.act(60)
        self.wait_until_delivered(all_but=40)

    def write_until_failure(self, status: str) -> None:
        """Let users write until Telegram has got an error for a bot that does not respond."""
        self.users.act(60)
        said = f"Wrong response from the webhook: {status}"
        self.telegram.wait_until(lambda: self.telegram.last_error == said, MINUTE)

    def assert_all_delivered(self) -> None:
        """Check that all has landed and is answered; an answer may be repeated."""
        self.wait_until_delivered()
        assert self.landed() == self.telegram.sent
        assert self.first_answers() == self.users.questions

    def landed(self) -> dict[int, bytes]:
        """Return the landed updates by update_id, without calls; none may have landed twice."""
        landed: dict[int, bytes] = {}
        for meta in obstore.list(self.landing).collect():
            key = meta["path"]
            if key.startswith(JOURNAL_PREFIX):
                continue
            named = re.fullmatch(r"telegram/context_date=[0-9-]{10}/7-(\d+)\.json", key)
            assert named, f"{key} is not an update"
            if is_synthetic(int(named[1])):
                continue
            assert int(named[1]) not in landed, f"{key} is there twice"
            landed[int(named[1])] = obstore.get(self.landing, key).bytes().to_bytes()
        return landed

    def first_answers(self) -> dict[str, list[int]]:
        """Return the answered questions of each lane, without repetitions."""
        answers = self.users.answers()
        return {lane: list(dict.fromkeys(numbers)) for lane, numbers in answers.items()}

    def replies(self) -> list[str]:
        """Return the texts that the bot sent in webhook replies."""
        return [each.text for each in self.telegram.messages if each.how == "webhook reply"]


@contextmanager
def playing(
    library: str, seed: int, folder: Path, landing: ObjectStore, **settings: str
) -> Iterator[Scene]:
    """Run a scene in which Telegram sends updates to a webhook with these settings."""
    # Telegram waits long enough for a busy machine.
    with TelegramServer(delivery_timeout=MINUTE) as telegram:
        bot = BotProcess(library, {"BOT_TOKEN": telegram.token, "BOT_API": telegram.url})
        webhook = WebhookProcess(folder / "webhook", _webhook_settings(bot) | settings)
        try:
            bot.start()
            webhook.start()
            telegram.set_webhook(webhook.url, secret_token=WEBHOOK_SECRET, allowed_updates=ALLOWED)
            yield Scene(telegram, Users(telegram, seed), bot, webhook, landing)
        finally:
            bot.kill()
            webhook.kill()


def _webhook_settings(bot: BotProcess) -> dict[str, str]:
    return {
        "TELEGRAM_SECRET_TOKEN": WEBHOOK_SECRET,
        "TELEGRAM_BOT_ID": "7",
        "FORWARD_URL": bot.url,
        "FORWARD_SECRET_TOKEN": BOT_SECRET,
        "TG_TIMEZONE": zone_at_noon(),
    }
