"""`tg-pipeline serve`: receive webhook calls on your own machine."""

import json
import logging
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lambda_ingest.settings import (
    DEFAULT_WEBHOOK_PATH,
    MIN_SECRET_CHARACTERS,
    ForwardSettings,
    IngestSettings,
    Secret,
    is_loopback,
)
from lambda_ingest.update_fields import OPT_IN_UPDATE_TYPES, UPDATE_FIELDS
from lambda_ingest.web.addresses import is_from_telegram
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import open_webhook
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.logs import JsonLines, json_logs_enabled
from tg_pipeline.settings import load_settings
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline.webhook_server.admission import (
    Admission,
    connection_limit,
    raise_open_file_limit,
)
from tg_pipeline.webhook_server.application import HEALTH_PATH, build_application
from tg_pipeline.webhook_server.server import (
    Certificate,
    ConnectionRules,
    WebhookServer,
    listen,
    until_stopped,
)
from tg_pipeline.webhook_server.unblocked_lines import UnblockedLines

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
    _check_addresses(settings, host)
    with (
        UnblockedLines(sys.stdout.fileno(), _report_dropped) as log,
        UnblockedLines(sys.stderr.fileno(), _report_dropped) as problems,
    ):
        _log_problems(problems)
        metrics = MetricsLogger(log, settings.bot_id, with_metrics=False)
        webhook = open_webhook(settings, metrics, lambda: datetime.now(UTC), open_object_store)
        listener = _listen(host, port)
        scheme = "https" if pair else "http"
        rules = ConnectionRules(
            Admission(connection_limit(raise_open_file_limit())),
            is_from_telegram if settings.telegram_only else ConnectionRules().admits,
        )
        with until_stopped():
            _announce(f"{scheme}://{host}:{listener.getsockname()[1]}", settings)
            WebhookServer(build_application(webhook), listener, pair, rules).run()
    _print("Stopped.")


def _log_problems(out: UnblockedLines) -> None:
    """Write the errors of the server's libraries to a file, in the format of our own."""
    handler = logging.StreamHandler(out)
    if json_logs_enabled():
        handler.setFormatter(JsonLines())
    for name in ("asyncio", "uvicorn"):
        logging.getLogger(name).addHandler(handler)


def _report_dropped(count: int) -> str:
    """Return a line of the log, about lines that its reader did not take in time."""
    line = {"at": datetime.now(UTC).isoformat(), "level": "WARNING", "dropped_lines": count}
    return f"{json.dumps(line)}\n"


def _check_addresses(settings: IngestSettings, host: str) -> None:
    """Raise CommandError if only a proxy could call, and calls of others than Telegram are refused.

    Who calls a proxy can't be seen from its connections.
    """
    if settings.telegram_only and is_loopback(host):
        raise CommandError(
            f"TG_TELEGRAM_ONLY=yes refuses every caller at {host}, where only a proxy on this "
            "machine can call: let the proxy check the addresses, or listen with --host 0.0.0.0."
        )


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
    if settings.previous_secret_token:
        _print("The previous secret passes too: when Telegram has the new one, remove it.")
    if settings.telegram_only:
        _print("Only Telegram's addresses are served (TG_TELEGRAM_ONLY=yes).")
    if settings.chat_ids:
        _print(f"Only chats in TELEGRAM_CHAT_IDS are stored: {len(settings.chat_ids)}.")
    if settings.forward:
        _announce_forwarding(settings.forward)
    _print("Press Ctrl-C to stop.")


def _announce_forwarding(forward: ForwardSettings) -> None:
    types = ", ".join(sorted(forward.update_types)) or f"all but {', '.join(OPT_IN_UPDATE_TYPES)}"
    _print(f"Updates are forwarded to FORWARD_URL, whose response Telegram gets: {types}.")
    if unknown := sorted(forward.update_types - UPDATE_FIELDS.keys()):
        _print(f"Unknown in FORWARD_ALLOWED_UPDATES, maybe misspelled: {', '.join(unknown)}.")
    secret = forward.secret_token
    if secret and len(secret.reveal()) < MIN_SECRET_CHARACTERS:
        _print(f"FORWARD_SECRET_TOKEN is short: {MIN_SECRET_CHARACTERS} characters are safe.")


def _print(line: str) -> None:
    err.print(line, soft_wrap=True)
