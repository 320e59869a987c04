"""`tg-pipeline export`: what is stored about a person, for themselves."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lambda_ingest.settings import Secret
from tg_pipeline.cli.context import check_landing, show, warn
from tg_pipeline.cli.people.forget import TheUser
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.object_store import open_object_store

OWNER_ONLY: Final = 0o600
"""The mode of the file."""

Output = Annotated[
    Path | None, typer.Option("--output", help="File to write. [default: standard output]")
]


def export(user: TheUser, output: Output = None) -> None:
    """Write all stored updates of a person, and what others' contain about them, as JSON lines.

    Updates of the person are written as a whole; of updates of others, only the parts about them.
    """
    settings = load_settings()
    check_landing(settings)
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in _export(settings, user))
    if output is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass"))
        return
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        sizes = [file.write(line.encode("utf-8", "surrogatepass")) for line in lines]
    show(f"{output}: {len(sizes):,} updates.")
    if sizes:
        warn("The file holds personal data: hand it over safely, and delete it afterwards.")


def _export(settings: Settings, user: int) -> Iterator[dict[str, Any]]:
    # The imports take half a second, and only these commands need them.
    from tg_pipeline.privacy.export import export_lake, export_landing  # noqa: PLC0415
    from tg_pipeline.privacy.people import DataSubject  # noqa: PLC0415
    from tg_pipeline.privacy.tombstones import tombstones_of  # noqa: PLC0415

    landing, lake = open_object_store(settings.landing_uri), Lake(settings.lake_uri)
    # Any key will do: these tombstones only recognize the person, and are never written.
    tombstones = tombstones_of(Secret(secrets.token_hex(32)), DataSubject(user), None)
    yield from export_landing(landing, user, tombstones, settings.bot_id)
    yield from export_lake(landing, lake, user, tombstones)
