"""A careful handler with boto3: one client per container, the original bytes, a stable key."""

import json
import os
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3

CLIENT = boto3.client("s3")
BUCKET = os.environ["AWS_S3_BUCKET"]
SAO_PAULO = timezone(timedelta(hours=-3))


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Store the update under its id, unless it exists."""
    body = event["body"]
    update = json.loads(body)
    day = datetime.fromtimestamp(update["message"]["date"], SAO_PAULO).date()
    key = f"telegram/context_date={day}/7-{update['update_id']}.json"
    CLIENT.put_object(Bucket=BUCKET, Key=key, Body=body.encode(), IfNoneMatch="*")
    return {"statusCode": 200, "body": ""}
