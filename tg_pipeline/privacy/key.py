"""The key of the tombstones: generated once, for a landing zone on this machine's disk."""

import secrets
import tempfile
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from filelock import FileLock

from lambda_ingest.local_disk import sync
from lambda_ingest.settings import Secret
from lambda_ingest.store import local_folder
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import Settings
from tg_pipeline.temp_folders import temp_dir

VARIABLE: Final = "TG_PRIVACY_KEY"

LOCK_FILE: Final = "tg_pipeline-env.lock"
"""In the system's temporary folder."""

KEY_BYTES: Final = 32
"""As many as the HMAC's hash has: more would add nothing."""


def generate_key(settings: Settings, home: Path) -> Secret:
    """Generate a key, and append it to `.env` in the home folder; raises CommandError.

    It is refused for a bucket: several machines write to one, and all of them need the same key.
    """
    if local_folder(settings.landing_uri) is None:
        raise CommandError(
            f"{VARIABLE} is not set: create one with `openssl rand -hex 32`, keep a copy of it, "
            "and set it wherever updates are stored or built: here, for the Lambda, serve and "
            "poll, and for Dagster."
        )
    path = home / ".env"
    with FileLock(Path(tempfile.gettempdir()) / LOCK_FILE):
        # Another command may have generated one in the meantime.
        if present := path.exists() and dotenv_values(path).get(VARIABLE):
            return Secret(str(present))
        key = Secret(secrets.token_hex(KEY_BYTES))
        _append(path, f"{VARIABLE}={key.reveal()}\n".encode())
        return key


def _append(path: Path, line: bytes) -> None:
    """Append a line to a file, in one step; only its owner may read it from then on."""
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):
        content += b"\n"
    with temp_dir(path.parent) as folder:
        written = folder / path.name
        written.touch(mode=0o600)
        written.write_bytes(content + line)
        sync(written)
        written.replace(path)
    sync(path.parent)
