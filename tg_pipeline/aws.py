"""Boto3 sessions, clients, readable ClientErrors."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from tg_pipeline.lake.errors import NO_CREDENTIALS

ASK_AGAIN: Final = timedelta(minutes=5)
"""How long obstore goes by what it was given: boto3 gives what holds for ten minutes at least.

https://github.com/boto/botocore/blob/1.40.0/botocore/credentials.py#L356
"""

DEFAULT_REGION: Final = "us-east-1"
"""What obstore goes by where nothing names a region."""

_PATH_STYLE: Final = Config(s3={"addressing_style": "path"})
"""As obstore asks: the bucket in the path, so that any name and any server will do."""


def beside_environment(uri: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Give obstore's options for a bucket: credentials, region and endpoint; raises StoreError."""
    try:
        return _options(tuple(sorted(_of_aws(environment).items())))
    except (BotoCoreError, ClientError) as error:
        raise StoreError(f"{uri}: no AWS credentials can be had: {error}") from None
    except ValueError:
        raise StoreError(f"{uri}: {NO_CREDENTIALS}.") from None


def s3_client(environment: Mapping[str, str]) -> Any:
    """Give boto3's client of the same store, for what obstore does not do.

    Raises BotoCoreError.
    """
    return _client(boto3.Session(), environment)


@cache
def _options(variables: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Give the options by the AWS variables, the same each time: to take a role costs a call."""
    session = botocore.session.Session()
    client = _client(boto3.Session(botocore_session=session), dict(variables))
    provider = Boto3CredentialProvider(session, ttl=ASK_AGAIN)
    provider()  # what fails now is told in one sentence
    config = {"region": client.meta.region_name, "endpoint": client.meta.endpoint_url}
    return {"credential_provider": provider, "config": config}


def _client(session: boto3.Session, environment: Mapping[str, str]) -> Any:
    """Give a client by the settings of boto3, and by those that only obstore knows."""
    region = environment.get("AWS_REGION") or session.region_name or DEFAULT_REGION
    endpoint = environment.get("AWS_ENDPOINT") or None
    return session.client("s3", region_name=region, endpoint_url=endpoint, config=_PATH_STYLE)


def _of_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("AWS_")}


ABANDONED_AFTER: Final = timedelta(days=1)
"""The longest that an upload may take: what was begun earlier has no process any more."""

LOGGER: Final = logging.getLogger(__name__)


def abort_stale_uploads(store: S3Store, key: str, *, begun_before: datetime) -> None:
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


NO_QUEUE: Final = "there is no such queue: check TG_EVENTS_QUEUE_URL (output EventsQueueUrl)"
NOT_PERMITTED: Final = "the credentials may not {do}: attach the stack's policy (DagsterPolicyArn)"
EXPIRED: Final = "the session has expired: log in again (aws sso login), or renew AWS_SESSION_TOKEN"
UNKNOWN_KEY: Final = "the access key is not known there: check AWS_ACCESS_KEY_ID, or AWS_PROFILE"
MISMATCH: Final = "the secret is not that of the access key: check AWS_SECRET_ACCESS_KEY"

REASONS: Final = {
    "AWS.SimpleQueueService.NonExistentQueue": NO_QUEUE,
    "QueueDoesNotExist": NO_QUEUE,
    "AccessDenied": NOT_PERMITTED,
    "AccessDeniedException": NOT_PERMITTED,
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "InvalidClientTokenId": UNKNOWN_KEY,
    "UnrecognizedClientException": UNKNOWN_KEY,
    "SignatureDoesNotMatch": MISMATCH,
    "InvalidSignatureException": MISMATCH,
}
"""By the code that SQS answers, in the old protocol's words and in the new one's.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""


@contextmanager
def translate_sqs_errors(url: str) -> Iterator[None]:
    """Say in an EventsQueueError what is wrong with a request to the queue at `url`."""
    try:
        yield
    except ClientError as error:
        raise EventsQueueError(f"The events queue {url}: {_refused(error)}.") from None
    except NoCredentialsError:
        raise EventsQueueError(f"The events queue {url}: {NO_CREDENTIALS}.") from None
    except (BotoCoreError, ValueError) as error:
        raise EventsQueueError(f"The events queue {url} can't be asked: {error}") from None


def _refused(error: ClientError) -> str:
    told = error.response["Error"]
    known = REASONS.get(told["Code"], "{do} is refused: {message} ({code})")
    return known.format(
        do=error.operation_name, message=told.get("Message", "").rstrip("."), code=told["Code"]
    )


def open_client(service: str, region: str | None) -> Any:
    """Give a client of an AWS service; raises AthenaError."""
    with translate_aws_errors():
        # The service is a name here, so that its client is Any: boto3 has no types of its own.
        client: Any = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        return client


@contextmanager
def translate_aws_errors() -> Iterator[None]:
    """Say in an AthenaError what AWS, or the way to it, has against a request."""
    try:
        yield
    except ClientError as error:
        told = error.response["Error"]
        raise AthenaError(
            f"AWS refuses {error.operation_name}: {told['Message']} ({told['Code']})"
        ) from error
    except BotoCoreError as error:
        raise AthenaError(f"AWS can't be asked: {error}") from error
