"""`tg-pipeline webhook info`: where updates go, how that went, and what to do about it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from lambda_ingest.secret import Secret
from tg_pipeline.cli.bot_api import open_api, patience, printable, show
from tg_pipeline.cli.console import out
from tg_pipeline.settings import load_settings
from tg_pipeline.telegram.answers import WebhookInfo
from tg_pipeline.telegram.update_types import UPDATE_TYPES
from tg_pipeline.telegram.webhook_advice import advise, age_in_words, missing_types, scrub

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]


def webhook_info(as_json: AsJson = False) -> None:
    """Show where updates go, how that went, and what to do about it."""
    with open_api(load_settings()) as api:
        info = patience().with_call(api.get_webhook_info)
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
