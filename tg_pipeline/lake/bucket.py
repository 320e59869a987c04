"""A place opened by its URI: as a door does, and with a profile or a role if that is a bucket."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from obstore.store import ObjectStore

from lambda_ingest.store import PATIENT, open_store

SUFFICIENT: Final = (
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"},
    {"AWS_SKIP_SIGNATURE"},
)
"""Variables that tell obstore all it needs: keys, a container's role, nobody."""


WORKERS: Final = "TOKIO_WORKER_THREADS"
"""The variable that bounds the threads of obstore's runtime, by which it waits for sockets.

With one, nothing is handed from core to core: a small object costs a third less CPU to fetch.
https://docs.rs/tokio/latest/tokio/runtime/struct.Builder.html#method.worker_threads
"""


def open_place(uri: str, patience: timedelta = PATIENT) -> ObjectStore:
    """Open the store at `file:///folder`, `s3://bucket/prefix` or `memory://`; raises StoreError.

    A request to a bucket is tried again while `patience` lasts.
    """
    os.environ.setdefault(WORKERS, "1")
    if not uri.startswith("s3://") or is_sufficient(os.environ):
        return open_store(uri, patience)
    # boto3 takes most of a second to import: only who needs its profiles and roles waits for it.
    from tg_pipeline.lake.credentials import beside_environment  # noqa: PLC0415

    return open_store(uri, patience, **beside_environment(uri, os.environ))


def is_sufficient(environment: Mapping[str, str]) -> bool:
    """Say whether the environment names who asks, so that no profile has to be looked at."""
    names = {name for name, value in environment.items() if value}
    return "AWS_PROFILE" not in names and any(each <= names for each in SUFFICIENT)
