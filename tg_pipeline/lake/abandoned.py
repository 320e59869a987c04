"""Uploads in parts that nobody will finish, for their process was killed: their parts cost."""

import logging
import os
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from tg_pipeline.lake.credentials import s3_client

ABANDONED_AFTER: Final = timedelta(days=1)
"""The longest that an upload may take: what was begun earlier has no process any more."""

LOGGER: Final = logging.getLogger(__name__)


def abort_uploads(store: S3Store, key: str, *, begun_before: datetime) -> None:
    """Abort the uploads to `key` that were begun before an instant (aware).

    It is a courtesy: where it is not permitted, or fails, the log says so and the work goes on.
    """
    bucket = store.config["bucket"]
    whole_key = "/".join(filter(None, [store.prefix, key]))
    try:
        _abort(s3_client(os.environ), bucket, whole_key, begun_before)
    except (BotoCoreError, ClientError) as error:
        LOGGER.info("s3://%s/%s: abandoned uploads stay: %s", bucket, whole_key, error)


def _abort(client: Any, bucket: str, key: str, begun_before: datetime) -> None:
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key):
        for upload in page.get("Uploads", []):
            if upload["Key"] == key and upload["Initiated"] < begun_before:
                client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload["UploadId"])
