"""docs/vps.md: its backup, executed."""

import re
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from lambda_ingest.store import local_folder
from tg_pipeline.settings import STATE_FOLDER, Settings

PAGE: Final = (Path(__file__).parents[3] / "docs" / "vps.md").read_text("utf-8")


def test_the_backup_holds_the_settings_and_what_can_not_be_made_again_and_nothing_else(
    tmp_path: Path,
) -> None:
    checkout, backups = tmp_path / "checkout", tmp_path / "backups"
    settings = Settings.from_environment({}, checkout)
    landing, lake = local_folder(settings.landing_uri), local_folder(settings.lake_uri)
    assert landing
    assert lake
    state = checkout / STATE_FOLDER
    kept = {
        checkout / ".env",
        landing / "telegram" / "context_date=2026-03-01" / "7-1.json",
        settings.proxy.spool / "7-1.call",
        state / the_only(r"tgp topics --output \.tg_pipeline/(\S+)$"),
    }
    left_out = {
        lake / "enriched_updates" / "context_date=2026-03-01" / "part-0.parquet",
        landing / ".staged" / "7-2.json",
        state / "dagster" / "history" / "runs.db",
        state / the_only(r"--export \.tg_pipeline/(\S+) --copy$"),
    }
    for path in kept | left_out:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")

    here = the_only(r"^(install -d \S+ \S+ /var/backups/tg_pipeline\n[^`]*)```")
    here = here.replace("/srv/tg_pipeline", str(checkout))
    here = here.replace("/var/backups/tg_pipeline", str(backups))
    subprocess.run(["/bin/sh", "-ec", here], check=True, capture_output=True)

    (archive,) = backups.iterdir()
    with tarfile.open(archive) as members:
        files = {checkout / member.name for member in members if member.isfile()}
    assert files == kept


def the_only(pattern: str) -> str:
    """Return what the page's one match of a pattern holds."""
    (found,) = re.findall(pattern, PAGE, re.MULTILINE)
    assert isinstance(found, str)
    return found
