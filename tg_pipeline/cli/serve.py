"""`tg-pipeline serve`: the webhook on a machine of one's own."""

import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lambda_ingest.metrics import MetricsLogger
from lambda_ingest.settings import DEFAULT_WEBHOOK_PATH
from lambda_ingest.webhook import open_webhook
from tg_pipeline.cli.console import err
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.webhook_server import (
    DESCRIPTION_PATH,
    HEALTH_PATH,
    Certificate,
    application,
    listen,
    until_stopped,
)
from tg_pipeline.webhook_server import serve as serve_application

Host = Annotated[str, typer.Option("--host", help="The address to listen at; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")]
CertificateFile = Annotated[
    Path | None, typer.Option("--certificate", help="A PEM file, to speak HTTPS without a proxy.")
]
KeyFile = Annotated[Path | None, typer.Option("--key", help="The certificate's key.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    certificate: CertificateFile = None,
    key: KeyFile = None,
) -> None:
    """Take webhook calls, as the Lambda does, and print a JSON line for each.

    Telegram speaks HTTPS only: put a proxy with a certificate in front, or give one here.
    """
    settings = load_settings()
    pair = _pair(certificate, key)
    journal = MetricsLogger(sys.stdout, settings.bot_id, with_metrics=False)
    if any(settings.ingest.webhook_path.matches(path) for path in (HEALTH_PATH, DESCRIPTION_PATH)):
        raise CommandError(f"TG_WEBHOOK_PATH must be none of {HEALTH_PATH}, {DESCRIPTION_PATH}.")
    webhook = open_webhook(settings.ingest, journal, lambda: datetime.now(UTC), open_object_store)
    listening = _listen(host, port)
    scheme = "https" if pair else "http"
    with until_stopped():
        _announce(f"{scheme}://{host}:{listening.getsockname()[1]}", settings)
        serve_application(application(webhook), listening, pair)
    _say("Stopped.")


def _pair(certificate: Path | None, key: Path | None) -> Certificate | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CommandError("--certificate and --key belong together: give both.")
    for path in (certificate, key):
        if not path.is_file():
            raise CommandError(f"{path} is no file.")
    return Certificate(certificate, key)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        why = error.strerror or error
        raise CommandError(f"{host}:{port} can't be listened at: {why}.") from None


def _announce(address: str, settings: Settings) -> None:
    door = settings.ingest
    is_default = door.webhook_path.matches(DEFAULT_WEBHOOK_PATH)
    path = DEFAULT_WEBHOOK_PATH if is_default else "/… (TG_WEBHOOK_PATH)"
    _say(f"Listening at {address}{path}. Updates land in {door.landing_uri}.")
    if door.secret_token is None:
        _say("No secret token is asked for (TG_WITHOUT_SECRET_TOKEN=yes).")
    if door.chat_ids:
        _say(f"Chats kept, of TELEGRAM_CHAT_IDS: {len(door.chat_ids)}.")
    if door.forward:
        _say("Each update goes on to FORWARD_URL, whose answer is Telegram's.")
    _say("Ctrl-C stops it.")


def _say(line: str) -> None:
    err.print(line, markup=False, soft_wrap=True)
