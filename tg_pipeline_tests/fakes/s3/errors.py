"""S3 on loopback that answers as a test says, and AWS's error responses word for word.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, NamedTuple

import pytest

from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Reply, always, reply

SECRET: Final = "open-sesame"  # noqa: S105 - it opens nothing
CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "an-id",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "us-east-1",
}

S3 = Callable[[Reply], AbstractContextManager[Bot]]
"""Starts a server that gives the reply to every request, and points the AWS variables at it."""


@contextmanager
def serve_s3(answer: Reply, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with Bot(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
        yield server


class ErrorResponse(NamedTuple):
    """A status, the message, and further elements of the error document."""

    status: str
    message: str
    elements: str = ""

    def reply(self, code: str) -> bytes:
        elements = f"<Code>{code}</Code><Message>{self.message}</Message>{self.elements}"
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{elements}'
            "<RequestId>4442587FB7D0A2F9</RequestId><HostId>aBcD</HostId></Error>"
        )
        return reply(document.encode(), status=self.status, content_type="application/xml")


ERRORS: Final = {
    "NoSuchBucket": ErrorResponse("404 Not Found", "The specified bucket does not exist"),
    "AccessDenied": ErrorResponse(
        "403 Forbidden",
        "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: s3:ListBucket on "
        "resource: &quot;arn:aws:s3:::lake&quot;",
    ),
    "ExpiredToken": ErrorResponse(
        "400 Bad Request",
        "The provided token has expired.",
        f"<Token-0>{SECRET}</Token-0>",
    ),
    "SignatureDoesNotMatch": ErrorResponse(
        "403 Forbidden",
        "The request signature we calculated does not match the signature you provided. Check "
        "your key and signing method.",
        "<AWSAccessKeyId>an-id</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign>",
    ),
    "PermanentRedirect": ErrorResponse(
        "301 Moved Permanently",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        "<Endpoint>lake.s3.sa-east-1.amazonaws.com</Endpoint><Bucket>lake</Bucket>",
    ),
    "AuthorizationHeaderMalformed": ErrorResponse(
        "400 Bad Request",
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
        "'sa-east-1'",
        "<Region>sa-east-1</Region>",
    ),
    "InvalidObjectState": ErrorResponse(
        "403 Forbidden", "The operation is not valid for the object's storage class"
    ),
    "SlowDown": ErrorResponse("503 Slow Down", "Please reduce your request rate."),
}


def error_reply(code: str) -> bytes:
    return ERRORS[code].reply(code)


def not_found() -> bytes:
    return ERRORS["NoSuchBucket"].reply("NoSuchKey")


def always_error(code: str) -> Reply:
    return always(error_reply(code))
