"""Distinct secrets, and the settings that contain them."""

from typing import Final

SECRETS: Final = {
    "the token's half": "AAE-the_secret_half_of_a_bots_token",
    "the webhook's secret": "shown-to-the-webhook-by-telegram",
    "the secret of the bot's webhook": "shown-to-the-bot-by-the-webhook",
    "the path of the bot's webhook": "AAF-the_secret_half_in_a_bots_path",
    "the Bot API's password": "password-of-a-bot-api-of-ones-own",
    "the key to the buckets": "key-that-opens-the-buckets-in-aws",
}
HALF, WEBHOOK_SECRET, BOT_SECRET, IN_PATH, PASSWORD, BUCKET_KEY = SECRETS.values()

TOKEN: Final = f"7000000001:{HALF}"
NO_BOT: Final = f"http://127.0.0.1:9/7000000001:{IN_PATH}"
"""The webhook of a bot that is down."""


def secret_settings(api_url: str) -> dict[str, str]:
    """Return settings that contain every secret."""
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api_url.replace("://", f"://operator:{PASSWORD}@"),
        "TELEGRAM_SECRET_TOKEN": WEBHOOK_SECRET,
        "FORWARD_URL": NO_BOT,
        "FORWARD_SECRET_TOKEN": BOT_SECRET,
        "AWS_SECRET_ACCESS_KEY": BUCKET_KEY,
    }
