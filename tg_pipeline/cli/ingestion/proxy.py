"""`tg-pipeline proxy`: pass a bot's calls on to Telegram, and store both sides of its chats."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from obstore.exceptions import BaseError

from lambda_ingest.settings import (
    DEFAULT_BOT_ID,
    IngestSettings,
    is_loopback,
    is_sent_in_clear,
)
from lambda_ingest.store import StoreError
from lambda_ingest.writer import open_writer
from tg_pipeline.bot_api_proxy.proxy import BotApiProxy
from tg_pipeline.bot_api_proxy.recorder import CallRecorder, UpdateStore, Writers
from tg_pipeline.bot_api_proxy.server import ProxyServer
from tg_pipeline.bot_api_proxy.spool import CallSpool
from tg_pipeline.cli.console import err, one_line
from tg_pipeline.cli.context import check_proxy_host, refuse_sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.bot_names import write_bot_username
from tg_pipeline.logs import JsonLines, json_logs_enabled
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline.telegram.redaction import keep_tokens_out_of_logs
from tg_pipeline.webhook_server.admission import raise_open_file_limit
from tg_pipeline.webhook_server.server import listen, until_stopped

HOST: Final = "127.0.0.1"

SWITCH_SECONDS: Final = 0.0005
"""How long a thread that lands calls may keep the others waiting for the interpreter. Python's
default, 5 ms, would be added to each of several steps of a call."""

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="0: any free port.  [default: TG_PROXY_PORT]"),
]
Upstream = Annotated[
    str | None,
    typer.Option("--upstream", help="The Bot API server.  [default: TELEGRAM_API_URL]"),
]
Shared = Annotated[
    bool, typer.Option("--shared", help="Accept calls from other machines, without encryption.")
]


def proxy(
    host: Host = HOST, port: Port = None, upstream: Upstream = None, shared: Shared = False
) -> None:
    """Pass a bot's calls on to Telegram; store the updates it gets and the messages it sends.

    The bot needs no change but the address of the Bot API. An update is stored before the bot gets
    it; a call is recorded beside it, so that no trouble of the store fails or delays a message.
    """
    settings = load_settings()
    url = (upstream or settings.api_url).rstrip("/")
    port = settings.proxy.port if port is None else port
    check_proxy_host(host, is_shared=shared)
    _check_upstream(url, port)
    refuse_sample(settings, settings.bot_id)
    _log_problems()
    sys.setswitchinterval(SWITCH_SECONDS)
    raise_open_file_limit()
    try:
        listener = listen(host, port)
    except OSError as error:
        why = error.strerror or error
        raise CommandError(f"Can't listen on {host}:{port}: {why}. Try --port.") from None
    spool = CallSpool(settings.proxy.spool, settings.proxy.spool_bytes, _now)
    recorder = CallRecorder(spool, _open_writers(settings), _print)
    updates = UpdateStore(recorder.writers, _now, _print)
    server = ProxyServer(
        BotApiProxy(url, updates, recorder, settings.proxy.not_recorded, _remember(settings))
    )
    with listener, until_stopped():
        left = recorder.start()
        try:
            _announce(f"http://{host}:{listener.getsockname()[1]}", url, settings, left)
            server.run([listener])
        finally:
            recorder.stop()
    _print("Stopped.")


def _check_upstream(url: str, port: int) -> None:
    """Raise CommandError if calls would go nowhere, in a circle, or unencrypted over a network."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError("The Bot API server is not an http:// or https:// URL.")
    if port and is_loopback(parts.hostname) and parts.port == port:
        raise CommandError(
            f"The Bot API server at port {port} would be the proxy itself: TELEGRAM_API_URL and "
            "--upstream are about what is behind the proxy. Only the bot gets the proxy's address."
        )
    if is_sent_in_clear(url):
        _print("Calls go on unencrypted (http://), with the bot's token in them.")


def _open_writers(settings: Settings) -> Writers:
    is_only_bot = settings.bot_id != DEFAULT_BOT_ID
    # Without a configured bot, the id in the path of a call tells bots apart.
    ingest: IngestSettings = replace(settings.ingest, needs_bot_id=False)
    writer = open_writer(ingest, _now, open_object_store)
    return Writers(writer, settings.landing_uri, is_only_bot)


def _remember(settings: Settings) -> Callable[[int, str], None]:
    """Return what stores a bot's username in the landing zone, whenever it is another one."""
    known: dict[int, str] = {}

    def remember(bot_id: int, username: str) -> None:
        if known.get(bot_id) == username:
            return
        # Nothing else depends on it, so a landing zone that can't be written to is no error here.
        with suppress(StoreError, BaseError, OSError):
            write_bot_username(open_object_store(settings.landing_uri), bot_id, username)
            known[bot_id] = username

    return remember


def _log_problems() -> None:
    """Write the errors of the server's libraries to standard error, without tokens."""
    keep_tokens_out_of_logs()
    handler = logging.StreamHandler()
    if json_logs_enabled():
        handler.setFormatter(JsonLines())
    for name in ("aiohttp", "asyncio", "uvicorn"):
        logging.getLogger(name).addHandler(handler)


def _announce(address: str, upstream: str, settings: Settings, left: int) -> None:
    _print(
        f"Set the Bot API address of your bot to {address}: its calls go on to "
        f"{urlsplit(upstream).hostname}."
    )
    who = f"bot {settings.bot_id}" if settings.bot_id else "any bot (TELEGRAM_BOT_ID is not set)"
    _print(f"Updates and calls of {who} land in {settings.landing_uri}.")
    if settings.ingest.chat_ids:
        _print(f"Only chats in TELEGRAM_CHAT_IDS are stored: {len(settings.ingest.chat_ids)}.")
    if left:
        _print(f"Calls that an earlier proxy left in the spool, and that land now: {left:,}.")
    _print("Press Ctrl-C to stop.")


def _print(line: str) -> None:
    err.print(one_line(line), soft_wrap=True)


def _now() -> datetime:
    return datetime.now(UTC)
