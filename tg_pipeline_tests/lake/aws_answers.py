"""What S3 answers to who may not have what they ask for, word for word, from a server on loopback.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from dataclasses import dataclass
from typing import Final

from tg_pipeline_tests.lambda_ingest.bot_server import Reply, always, reply

SECRET: Final = "open-sesame"  # noqa: S105 - it opens nothing
REACH: Final = {
    "AWS_ACCESS_KEY_ID": "an-id",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Answer:
    """A status, and the elements of the error's document beside its code."""

    status: str
    message: str
    beside: str = ""

    def to(self, code: str) -> bytes:
        told = f"<Code>{code}</Code><Message>{self.message}</Message>{self.beside}"
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{told}'
            "<RequestId>4442587FB7D0A2F9</RequestId><HostId>aBcD</HostId></Error>"
        )
        return reply(document.encode(), status=self.status, content_type="application/xml")


ANSWERS: Final = {
    "NoSuchBucket": Answer(
        "404 Not Found",
        "The specified bucket does not exist",
        "<BucketName>lake</BucketName>",
    ),
    "AccessDenied": Answer(
        "403 Forbidden",
        "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: s3:ListBucket on "
        "resource: &quot;arn:aws:s3:::lake&quot;",
    ),
    "ExpiredToken": Answer(
        "400 Bad Request",
        "The provided token has expired.",
        "<Token-0>open-sesame</Token-0>",
    ),
    "InvalidToken": Answer(
        "400 Bad Request",
        "The provided token is malformed or otherwise invalid.",
        "<Token-0>open-sesame</Token-0>",
    ),
    "InvalidAccessKeyId": Answer(
        "403 Forbidden",
        "The AWS Access Key Id you provided does not exist in our records.",
        "<AWSAccessKeyId>an-id</AWSAccessKeyId>",
    ),
    "SignatureDoesNotMatch": Answer(
        "403 Forbidden",
        "The request signature we calculated does not match the signature you provided. Check "
        "your key and signing method.",
        "<AWSAccessKeyId>an-id</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign>",
    ),
    "RequestTimeTooSkewed": Answer(
        "403 Forbidden",
        "The difference between the request time and the current time is too large.",
        "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>",
    ),
    "PermanentRedirect": Answer(
        "301 Moved Permanently",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        "<Endpoint>lake.s3.sa-east-1.amazonaws.com</Endpoint><Bucket>lake</Bucket>",
    ),
    "AuthorizationHeaderMalformed": Answer(
        "400 Bad Request",
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
        "'sa-east-1'",
        "<Region>sa-east-1</Region>",
    ),
    "InvalidObjectState": Answer(
        "403 Forbidden",
        "The operation is not valid for the object's storage class",
        "<StorageClass>GLACIER</StorageClass>",
    ),
    "SlowDown": Answer("503 Slow Down", "Please reduce your request rate."),
}


def answering(code: str) -> Reply:
    """Answer everything with an error."""
    return always(ANSWERS[code].to(code))
