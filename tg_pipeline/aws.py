"""AWS through boto3: clients, credentials for obstore, and readable errors.

boto3 takes most of a second to import, so `tg_pipeline.lake` imports this module only where a
bucket needs it.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline.exceptions import AthenaError, EventsQueueError
from tg_pipeline.storage.errors import AWS_ERRORS, NO_CREDENTIALS, NOT_ALLOWED, S3_PERMISSIONS

LOGGER: Final = logging.getLogger(__name__)

CREDENTIALS_TTL: Final = timedelta(minutes=5)
"""How long obstore uses credentials before it asks boto3 again, whose are valid for at least 10.

https://github.com/boto/botocore/blob/1.40.0/botocore/credentials.py#L356
"""

DEFAULT_REGION: Final = "us-east-1"
"""The region that obstore uses if none is set."""

MAX_UPLOAD_AGE: Final = timedelta(days=1)
"""How long an upload may take: the process of an older one no longer exists."""

_OURS: Final = re.compile(r"^\w+/(context_date=|month=|part-0\.parquet$)")
"""The keys of a lake or a landing zone, whose bucket others may use as well."""

STACK_POLICY: Final = "attach the stack's policy (DagsterPolicyArn)"

_PATH_STYLE: Final = Config(s3={"addressing_style": "path"})
"""The bucket in the path, as obstore does it, so that any bucket name and server works."""


def s3_options(uri: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return obstore's options for a bucket: credentials, region, endpoint; raises StoreError."""
    variables = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    try:
        return _s3_options(tuple(sorted(variables.items())))
    except (BotoCoreError, ClientError) as error:
        raise StoreError(f"{uri}: the AWS credentials can't be obtained: {error}") from None
    except ValueError:
        raise StoreError(f"{uri}: {NO_CREDENTIALS}.") from None


@cache
def _s3_options(variables: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the options for some AWS variables; cached, since assuming a role is a request."""
    session = botocore.session.Session()
    client = _s3_client(boto3.Session(botocore_session=session), dict(variables))
    provider = Boto3CredentialProvider(session, ttl=CREDENTIALS_TTL)
    provider()  # so that credentials that can't be obtained are an error here
    config = {"region": client.meta.region_name, "endpoint": client.meta.endpoint_url}
    return {"credential_provider": provider, "config": config}


def _s3_client(session: boto3.Session, environment: Mapping[str, str]) -> Any:
    """Return a client with boto3's settings, and with those that only obstore knows."""
    region = environment.get("AWS_REGION") or session.region_name or DEFAULT_REGION
    endpoint = environment.get("AWS_ENDPOINT") or None
    return session.client("s3", region_name=region, endpoint_url=endpoint, config=_PATH_STYLE)


def open_s3_client() -> Any:
    """Open a client for what obstore does not offer, such as versions of objects."""
    return _s3_client(boto3.Session(), os.environ)


def list_bucket(store: S3Store, prefix: str, after: str) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of the objects of a bucket, as S3 describes them; raises StoreError."""
    bucket = store.config["bucket"]
    with translate_s3_errors(f"s3://{bucket}"):
        pages = open_s3_client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after):
            yield page.get("Contents", [])


def translate_s3_errors(uri: str) -> AbstractContextManager[None]:
    """Raise errors of boto3's requests to a bucket as a StoreError of one sentence."""
    return _translate_errors(uri, StoreError, S3_PERMISSIONS)


def abort_stale_uploads(store: S3Store, *, begun_before: datetime) -> None:
    """Abort the multipart uploads of a lake or a landing zone begun before an instant (aware).

    This only saves storage, so a failure, such as a missing permission, is logged and ignored.
    """
    bucket, prefix = store.config["bucket"], f"{store.prefix}/" if store.prefix else ""
    try:
        _abort_uploads(open_s3_client(), bucket, prefix, begun_before)
    except (BotoCoreError, ClientError) as error:
        LOGGER.info("s3://%s/%s: stale uploads were not aborted: %s", bucket, prefix, error)


def _abort_uploads(client: Any, bucket: str, prefix: str, begun_before: datetime) -> None:
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    for upload in (upload for page in pages for upload in page.get("Uploads", [])):
        key, number = upload["Key"], upload["UploadId"]
        if _OURS.search(key.removeprefix(prefix)) and upload["Initiated"] < begun_before:
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=number)


def open_client(service: str, region: str | None) -> Any:
    """Open a client of an AWS service; raises AthenaError."""
    with translate_aws_errors():
        # The service is a variable, so its client is Any: boto3 has no types of its own.
        client: Any = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        return client


def translate_sqs_errors(url: str) -> AbstractContextManager[None]:
    """Raise errors of requests to the queue at `url` as an EventsQueueError of one sentence."""
    return _translate_errors(f"The events queue {url}", EventsQueueError, STACK_POLICY)


def translate_aws_errors() -> AbstractContextManager[None]:
    """Raise errors of requests to Glue and Athena as an AthenaError of one sentence."""
    return _translate_errors("AWS", AthenaError, permissions=None)


def translate_emr_errors() -> AbstractContextManager[None]:
    """Raise errors of requests to EMR Serverless as a StoreError of one sentence."""
    return _translate_errors("EMR Serverless", StoreError, permissions=None)


@contextmanager
def _translate_errors(
    service: str, error_type: type[Exception], permissions: str | None
) -> Iterator[None]:
    """Raise boto3's errors as `error_type`.

    `permissions` says where permissions come from; None repeats AWS's message, which names them.
    """
    try:
        yield
    except ClientError as error:
        why = _refusal_reason(error, permissions)
        raise error_type(f"{service} refuses {error.operation_name}: {why}") from None
    except NoCredentialsError:
        raise error_type(f"{service}: {NO_CREDENTIALS}") from None
    except (BotoCoreError, ValueError) as error:
        raise error_type(f"{service} can't be used: {error}") from None


def _refusal_reason(error: ClientError, permissions: str | None) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    known = AWS_ERRORS.get(code)
    if known is None or (known == NOT_ALLOWED and permissions is None):
        return f"{message.rstrip('.')} ({code})"
    return known.format(action=f"call {error.operation_name}", permissions=permissions, region="")
