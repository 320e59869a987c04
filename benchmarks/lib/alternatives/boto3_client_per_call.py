"""A handler as in tutorials: a client per call, and an upload through a temporary file."""

import json
import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Store the update under its time of arrival."""
    update = json.loads(event["body"])
    now = datetime.now(timezone(timedelta(hours=-3)))
    name = f"{now:%Y%m%d%H%M%S%f}.json"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(json.dumps(update), encoding="utf-8")
        client = boto3.client("s3")
        key = f"telegram/context_date={now:%Y-%m-%d}/{name}"
        client.upload_file(str(path), os.environ["AWS_S3_BUCKET"], key)
    return {"statusCode": 200, "body": ""}
