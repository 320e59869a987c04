"""Create the buckets that are missing, and state who may do what in each of them.

It runs as the S3 server's root. The users are those of docker-compose.yaml: `ingest` receives
updates, `pipeline` builds the tables, `ui` shows what runs print. On AWS, roles do this
(docs/s3.md).
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import boto3

INGESTED: Final = ("telegram", "rejected", "chats", "bots", "gaps")
"""The prefixes of the landing zone that what receives updates writes to; it reads no object."""

READ: Final = ("s3:GetObject",)
PUT: Final = ("s3:PutObject",)
WRITE: Final = (
    *(*READ, *PUT, "s3:DeleteObject"),
    *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    *("s3:GetObjectVersion", "s3:DeleteObjectVersion"),
)
LIST: Final = ("s3:ListBucket",)
LIST_ALL: Final = (
    *(*LIST, "s3:ListBucketMultipartUploads"),
    *("s3:GetBucketVersioning", "s3:ListBucketVersions"),
)
"""With the versions, since `tg-pipeline forget` runs with the settings of the code server."""


def statements(environment: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each bucket with a statement of its policy."""
    ingest, pipeline, ui = (
        environment[f"{user}_ACCESS_KEY_ID"] for user in ("INGEST", "PIPELINE", "UI")
    )
    landing, lake = (urlsplit(environment[name]) for name in ("TG_LANDING_URI", "TG_LAKE_URI"))
    logs = environment["DAGSTER_LOGS_BUCKET"]
    inside = landing.path.strip("/")
    prefixes = ["/".join(filter(None, (inside, prefix, "*"))) for prefix in INGESTED]
    yield landing.netloc, _allow(ingest, PUT, landing.netloc, *prefixes)
    yield landing.netloc, _allow(ingest, LIST, landing.netloc)
    for bucket in dict.fromkeys((landing.netloc, lake.netloc, logs)):
        yield bucket, _allow(pipeline, WRITE, bucket, "*")
        yield bucket, _allow(pipeline, LIST_ALL, bucket)
    yield logs, _allow(ui, READ, logs, "*")
    yield logs, _allow(ui, LIST, logs)


def _allow(user: str, actions: tuple[str, ...], bucket: str, *keys: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    resources = [f"{arn}/{key}" for key in keys] or [arn]
    return {
        "Effect": "Allow",
        "Principal": {"AWS": [user]},
        "Action": list(actions),
        "Resource": resources,
    }


def main() -> None:
    """Create the buckets and put their policies."""
    policies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for bucket, statement in statements(os.environ):
        policies[bucket].append(statement)
    s3 = boto3.client("s3")
    existing = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    for bucket, allowed in policies.items():
        if bucket not in existing:
            s3.create_bucket(Bucket=bucket)
        policy = {"Version": "2012-10-17", "Statement": allowed}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


if __name__ == "__main__":
    main()
