"""AWS by its own client: region, credentials and endpoint are the standard ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tg_pipeline.athena.errors import AthenaError


def open_client(service: str, region: str | None) -> Any:
    """Give a client of an AWS service; raises AthenaError."""
    with one_sentence():
        # The service is a name here, so that its client is Any: boto3 has no types of its own.
        client: Any = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        return client


@contextmanager
def one_sentence() -> Iterator[None]:
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
