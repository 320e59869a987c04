"""Who asks a bucket, where the environment alone does not say: profiles, SSO, roles, by boto3.

https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.auth.boto3 import Boto3CredentialProvider

from lambda_ingest.store import StoreError
from tg_pipeline.lake.reasons import NO_CREDENTIALS

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
