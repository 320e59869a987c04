"""`tg-pipeline serve`: receive webhook calls on your own machine."""

import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lambda_ingest.metrics import MetricsLogger
from lambda_ingest.settings import DEFAULT_WEBHOOK_PATH, IngestSettings, Secret
from lambda_ingest.webhook import open_webhook
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.settings import load_settings
from tg_pipeline.webhook_server import (
    HEALTH_PATH,
    Certificate,
    build_application,
    listen,
    until_stopped,
)
from tg_pipeline.webhook_server import serve as serve_application

Host = Annotated[str, typer.Option("--host", help="The address to listen on; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")]
CertificateFile = Annotated[
    Path | None, typer.Option("--certificate", help="A PEM file, to serve HTTPS without a proxy.")
]
KeyFile = Annotated[Path | None, typer.Option("--key", help="The certificate's key.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    certificate: CertificateFile = None,
    key: KeyFile = None,
) -> None:
    """Receive webhook calls, as the Lambda does, and print a JSON line for each.

    Telegram requires HTTPS: use a proxy with a certificate, or --certificate and --key.
    """
    pair = _certificate(certificate, key)
    loaded = load_settings()
    refuse_sample(loaded, loaded.bot_id)
    settings = _with_default_path(loaded.ingest)
    metrics = MetricsLogger(sys.stdout, settings.bot_id, with_metrics=False)
    webhook = open_webhook(settings, metrics, lambda: datetime.now(UTC), open_object_store)
    listener = _listen(host, port)
    scheme = "https" if pair else "http"
    with until_stopped():
        _announce(f"{scheme}://{host}:{listener.getsockname()[1]}", settings)
        serve_application(build_application(webhook), listener, pair)
    _print("Stopped.")


def _certificate(certificate: Path | None, key: Path | None) -> Certificate | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CommandError("--certificate and --key must be given together.")
    for path in (certificate, key):
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
    return Certificate(certificate, key)


def _with_default_path(settings: IngestSettings) -> IngestSettings:
    path = settings.webhook_path or Secret(DEFAULT_WEBHOOK_PATH)
    if path.matches(HEALTH_PATH):
        raise CommandError(f"TG_WEBHOOK_PATH must not be {HEALTH_PATH}, the health check.")
    return replace(settings, webhook_path=path)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        why = error.strerror or error
        raise CommandError(f"Can't listen on {host}:{port}: {why}.") from None


def _announce(address: str, settings: IngestSettings) -> None:
    is_default = settings.webhook_path == Secret(DEFAULT_WEBHOOK_PATH)
    path = DEFAULT_WEBHOOK_PATH if is_default else "/… (TG_WEBHOOK_PATH)"
    _print(f"Listening at {address}{path}. Updates land in {settings.landing_uri}.")
    if settings.secret_token is None:
        _print("Calls are not authenticated (TG_WITHOUT_SECRET_TOKEN=yes).")
    if settings.chat_ids:
        _print(f"Only chats in TELEGRAM_CHAT_IDS are stored: {len(settings.chat_ids)}.")
    if settings.forward:
        _print("Each update is forwarded to FORWARD_URL, whose response Telegram gets.")
    _print("Press Ctrl-C to stop.")


def _print(line: str) -> None:
    err.print(line, soft_wrap=True)
