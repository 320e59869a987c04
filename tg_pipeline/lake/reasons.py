"""What a bucket can have against a request, in words: what is wrong, and what to do about it."""

from typing import Final

NO_BUCKET: Final = "NoSuchBucket"
WRONG_REGION: Final = "AuthorizationHeaderMalformed"

REASONS: Final = {
    NO_BUCKET: "there is no such bucket: check its name, and AWS_ENDPOINT_URL",
    "InvalidBucketName": "no bucket can have this name: check it",
    "AccessDenied": "the credentials may not {do}: docs/s3.md lists the permissions",
    "ExpiredToken": "the session has expired: log in again (aws sso login), or renew "
    "AWS_SESSION_TOKEN",
    "InvalidToken": "the session token is none of the access key's: renew AWS_SESSION_TOKEN, or "
    "unset it",
    "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID, or "
    "AWS_PROFILE",
    "SignatureDoesNotMatch": "the secret is not that of the access key: check "
    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "RequestTimeTooSkewed": "this machine's clock is more than 15 minutes off: set it",
    WRONG_REGION: "the bucket is in the region {region}: set AWS_REGION to that",
}
"""By the code that the store answers.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
"""

ELSEWHERE: Final = "the bucket is in another region: set AWS_REGION to its own"
SIGNS: Final = {
    "Received redirect without LOCATION": ELSEWHERE,
    "<Code>PermanentRedirect</Code>": ELSEWHERE,
    "non-partial response": "it gives the whole of an object where a part is asked for, and can't "
    "be read so",
}
"""By what stands in an error whose status does not tell."""

BUSY: Final = "it keeps answering {status}, busy or out of order: try again later"
UNHEARD: Final = "{host} can't be reached, {why}: check AWS_ENDPOINT_URL and the network"
NO_CREDENTIALS: Final = (
    "no AWS credentials are found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or give this machine a role"
)

WHY_UNHEARD: Final = {
    "ConnectionRefused": "nothing listens there",
    "dns error": "there is no such host",
    "certificate": "its certificate is not trusted",
    "kind: Timeout": "it does not answer in time",
}
"""By what stands in obstore's account of a request that had no answer."""
