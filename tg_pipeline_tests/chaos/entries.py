"""What the processes of a world do: the product's commands, and its public parts with a clock.

An entry is called in a fresh child of the fork server, and returns its exit code.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lambda_ingest.handler import open_dispatcher
from lambda_ingest.settings import Secret
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import open_webhook
from lambda_ingest.writer import open_writer
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.mart_sources import buildable_days
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.cli.builds import materialize  # noqa: F401 - so that forks have it
from tg_pipeline.cli.builds.run import changed_days
from tg_pipeline.cli.ingestion import land  # noqa: F401 - so that forks have it
from tg_pipeline.cli.ingestion.poll import PollProgress, UpdateStorage
from tg_pipeline.cli.main import app
from tg_pipeline.cli.operation import status  # noqa: F401 - so that forks have it
from tg_pipeline.defs.resources import SENSOR_TIMEOUT
from tg_pipeline.defs.updates.sensors import KnownDays, ScanCursor, scan
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.settings import load_settings
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.polling import GracefulShutdown, Poller
from tg_pipeline.webhook_server.admission import Admission
from tg_pipeline.webhook_server.application import build_application
from tg_pipeline.webhook_server.server import ConnectionRules, WebhookServer, listen, until_stopped
from tg_pipeline_tests.chaos.clock import VirtualClock
from tg_pipeline_tests.chaos.crash_points.operations import run_operation
from tg_pipeline_tests.fakes.processes.webhook_process import COMMAND

CONNECTIONS: Final = 100
CALL_SECONDS: Final = 20.0
"""The time limit of a call of the Lambda."""


def command(arguments: list[str]) -> int:
    """Run `tg-pipeline` with arguments."""
    sys.argv = ["tg-pipeline", *arguments]
    app()
    return 0


def program(arguments: list[str]) -> int:
    """Become the program `tg-pipeline`, which imports everything by itself."""
    os.execv(COMMAND, [COMMAND, *arguments])  # noqa: S606 - there is no shell


def serve(port: int, path: str, clock: str, wrong_by: float) -> int:
    """Serve the webhook as `tg-pipeline serve`, with a clock."""
    settings = load_settings().ingest
    now = VirtualClock(Path(clock)).wrong_by(wrong_by)
    metrics = MetricsLogger(sys.stdout, settings.bot_id, with_metrics=False)
    webhook = open_webhook(settings, metrics, now, open_object_store)
    assert webhook.path == Secret(path)
    listener = listen("127.0.0.1", port)
    with until_stopped():
        WebhookServer(
            build_application(webhook), listener, None, ConnectionRules(Admission(CONNECTIONS))
        ).run()
    return 0


def poll(clock: str, wrong_by: float) -> int:
    """Fetch updates as `tg-pipeline poll`, with a clock."""
    settings = load_settings()
    assert settings.token
    now = VirtualClock(Path(clock)).wrong_by(wrong_by)
    shutdown = GracefulShutdown()
    with BotApiClient(settings.token, settings.api_url) as api:
        writer = open_writer(settings.ingest, now, open_object_store)
        store = UpdateStorage(
            writer,
            settings.landing_uri,
            PollProgress(now),
            lambda: timedelta(seconds=wrong_by),
        )
        with shutdown.on_signals():
            Poller(api, store, shutdown, time.sleep, print).run()
    return 0


def handle_events(address: str, clock: str, wrong_by: float) -> int:
    """Call the Lambda's handler with the events that arrive at a Unix socket, one a connection."""
    now = VirtualClock(Path(clock)).wrong_by(wrong_by)
    dispatcher = open_dispatcher(os.environ, sys.stdout, now)
    Path(address).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                response = dispatcher.handle(json.loads(stream.readline()), CALL_SECONDS)
                stream.write(json.dumps(response).encode() + b"\n")


def build(days: list[str], *, with_all_marts: bool) -> int:
    """Build days, by default those that have changed, as a run does; without Dagster."""
    settings = load_settings()
    landing, lake = open_object_store(settings.landing_uri), Lake(settings.lake_uri)
    parameters, marts = layer_parameters(settings, landing), mart_parameters(settings, landing)
    today = datetime.now(settings.zone).date()
    chosen = [date.fromisoformat(day) for day in days] or changed_days(settings, today)
    source = LandingSource(landing, settings.bot_id)
    for day in chosen:
        build_raw_updates(source, lake, day, parameters)
    for day in chosen:
        build_deduped_updates(lake, day, parameters)
        build_enriched_updates(lake, day, parameters)
    with mart_builder(lake, marts) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, buildable_days(lake, mart, chosen, parameters.floors))
        for mart in CUMULATIVE_MARTS if with_all_marts else ():
            builder.build(mart)
    return 0


def tick(cursor: str, requests: str) -> int:
    """Scan as the sensor does, with the cursor in a file; write the ranges of days it requests.

    The caller records the new cursor, or loses it.
    """
    settings = load_settings()
    landing, lake = (
        open_object_store(settings.landing_uri, SENSOR_TIMEOUT),
        Lake(settings.lake_uri, SENSOR_TIMEOUT),
    )
    path = Path(cursor)
    known = ScanCursor.decode(path.read_text("utf-8") if path.exists() else None)
    now = datetime.now(UTC)
    found = scan(
        landing,
        lake,
        now,
        KnownDays(frozenset(), known.requested, frozenset(), known.tombstones, known.full),
    )
    after = ScanCursor(found.plan.requested, now, False, found.tombstones, found.full)  # noqa: FBT003
    result = {
        "ranges": [[str(first), str(last)] for first, last in found.plan.ranges],
        "given_up": [str(day) for day in found.plan.given_up],
        "cursor": after.encode(),
    }
    Path(requests).write_text(json.dumps(result), "utf-8")
    return 0


ENTRIES: Final[dict[str, Callable[..., Any]]] = {
    "command": command,
    "program": program,
    "operation": run_operation,
    "serve": serve,
    "poll": poll,
    "lambda": handle_events,
    "build": build,
    "tick": tick,
}
