"""Readable store errors: one sentence for each error of obstore, and for each AWS error code.

`AWS_ERRORS` also serves `tg_pipeline.aws`, so that S3, SQS, Glue and Athena use the same wording.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, NotModifiedError, PreconditionError
from obstore.store import ObjectStore, S3Store

from lambda_ingest.store import StoreError, first_line

ACCESS_DENIED: Final = "AccessDenied"
NO_BUCKET: Final = "NoSuchBucket"
WRONG_REGION: Final = "AuthorizationHeaderMalformed"

NOT_ALLOWED: Final = "the credentials are not allowed to {action}: {permissions}"
EXPIRED: Final = "the session has expired: log in again (aws sso login), or renew AWS_SESSION_TOKEN"
UNKNOWN_KEY: Final = "the access key is unknown: check AWS_ACCESS_KEY_ID, or AWS_PROFILE"
MISMATCH: Final = (
    "the secret does not match the access key: check AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
)
NO_QUEUE: Final = "there is no such queue: check TG_EVENTS_QUEUE_URL (output EventsQueueUrl)"

AWS_ERRORS: Final = {
    ACCESS_DENIED: NOT_ALLOWED,
    "AccessDeniedException": NOT_ALLOWED,
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "InvalidToken": "the session token does not belong to the access key: renew "
    "AWS_SESSION_TOKEN, or unset it",
    "InvalidAccessKeyId": UNKNOWN_KEY,
    "InvalidClientTokenId": UNKNOWN_KEY,
    "UnrecognizedClientException": UNKNOWN_KEY,
    "SignatureDoesNotMatch": MISMATCH,
    "InvalidSignatureException": MISMATCH,
    "RequestTimeTooSkewed": "this machine's clock is more than 15 minutes off: set it",
    NO_BUCKET: "there is no such bucket: check its name, and AWS_ENDPOINT_URL",
    "InvalidBucketName": "the name of the bucket is not valid: check it",
    WRONG_REGION: "the bucket is in the region {region}: set AWS_REGION to it",
    "AWS.SimpleQueueService.NonExistentQueue": NO_QUEUE,
    "QueueDoesNotExist": NO_QUEUE,
}
"""What is wrong and what to do, by the error code in the response.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

NO_CREDENTIALS: Final = (
    "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or give this machine a role"
)

S3_PERMISSIONS: Final = "docs/s3.md lists the permissions"
OTHER_REGION: Final = "the bucket is in another region: set AWS_REGION to its region"
UNAVAILABLE: Final = "it keeps answering {status}: try again later"
UNREACHABLE: Final = "{host} can't be reached, {why}: check AWS_ENDPOINT_URL and the network"

TEXT_ERRORS: Final = {
    "Received redirect without LOCATION": OTHER_REGION,
    "<Code>PermanentRedirect</Code>": OTHER_REGION,
    "non-partial response": "the server does not support reading a range of an object",
}
"""Reasons by a part of obstore's message, for errors without a telling status."""

NETWORK_ERRORS: Final = {
    "ConnectionRefused": "the connection was refused",
    "dns error": "there is no such host",
    "certificate": "its certificate is not trusted",
    "kind: Timeout": "it does not answer in time",
}
"""Reasons by a part of obstore's message, for requests without a response."""

ANSWERS: Final = (FileNotFoundError, NotModifiedError, PreconditionError)
"""Errors of obstore that describe the state of an object, not a failure of the store."""

SHOWN: Final = 200
"""Characters of a store's own message that are repeated."""

_REQUEST: Final = re.compile(r"performing ([A-Z]+) (\S+)")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_DELETION: Final = re.compile(r"request failed for key .* \(code: (\w+)\)", re.DOTALL)
"""Objects are deleted by requests for several, whose response has a code for each, and 200."""
_PROVIDER: Final = re.compile(r"External AWS credential provider: (?:\w+: )?(.*)")


class TransientStoreError(StoreError):
    """A store failed to respond, or responded with a failure that may pass: retry later."""


class IncompleteError(TransientStoreError):
    """A response is not the whole object, or may not be: it is requested again."""


@contextmanager
def translate_errors(store: ObjectStore) -> Iterator[None]:
    """Raise a bucket's errors as a StoreError of one sentence; other stores' errors unchanged.

    A missing object, and an object of another version than expected, are not failures: their
    errors stay as they are.
    """
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        translated = explain(error, store)
        if translated is None:
            raise
        raise translated from None


def explain(error: Exception, store: ObjectStore) -> StoreError | None:
    """Return the StoreError that explains a bucket's error; None if it is to stay as it is."""
    if not isinstance(store, S3Store):
        return None
    parsed = ParsedError.parse(error)
    if isinstance(error, ANSWERS) and parsed.code != NO_BUCKET:
        return None
    kind, why = _classify(parsed, store.config["bucket"])
    return kind(f"{uri_of(store)}: {why}.")


def uri_of(store: S3Store) -> str:
    """Return the s3:// URI that a store was opened with."""
    return "/".join(filter(None, [f"s3://{store.config['bucket']}", store.prefix]))


@dataclass(frozen=True, slots=True)
class ParsedError:
    """The parts of an obstore error's message; a part that is missing is empty."""

    text: str
    method: str
    url: str
    status: str
    code: str

    @classmethod
    def parse(cls, error: Exception) -> "ParsedError":
        """Parse the message of an error of obstore."""
        text = str(error)
        request, status = _REQUEST.search(text), _STATUS.search(text)
        deletion = _DELETION.search(text)
        return cls(
            text=text,
            method=request[1] if request else "",
            url=request[2] if request else "",
            status=status[1] if status else "",
            code=deletion[1] if deletion else _xml_element(text, "Code"),
        )

    @property
    def action(self) -> str:
        """What the request was meant to do, as the end of "not allowed to …"."""
        if "list request" in self.text:
            return "list it"
        return "read from it" if self.method in {"GET", "HEAD"} else "write to it"

    def is_about(self, bucket: str) -> bool:
        """Check whether the request went to the bucket, rather than to a source of credentials."""
        parts = urlsplit(self.url)
        return f"{parts.path}/".startswith(f"/{bucket}/") or parts.netloc.startswith(f"{bucket}.")


def _classify(error: ParsedError, bucket: str) -> tuple[type[StoreError], str]:
    provider = _PROVIDER.search(error.text)
    if provider:
        return StoreError, f"the credentials can't be renewed: {provider[1][:SHOWN].rstrip('.')}"
    if "Missing AccessKeyId" in error.text or (error.url and not error.is_about(bucket)):
        return StoreError, NO_CREDENTIALS
    known = next((why for part, why in TEXT_ERRORS.items() if part in error.text), None)
    if known:
        return StoreError, known
    if not error.status and error.code not in AWS_ERRORS:
        return TransientStoreError, _network_reason(error)
    if error.status.startswith("5") or error.status in {"408", "409", "429"}:
        status = f"{error.status} {error.code}".strip()
        return TransientStoreError, UNAVAILABLE.format(status=status)
    return StoreError, _refusal_reason(error)


def _network_reason(error: ParsedError) -> str:
    if "error sending request" not in error.text:
        return first_line(ValueError(error.text))[:SHOWN].rstrip(".")
    known = (why for part, why in NETWORK_ERRORS.items() if part in error.text)
    host = urlsplit(error.url).netloc
    return UNREACHABLE.format(host=host, why=next(known, "the connection was closed"))


def _refusal_reason(error: ParsedError) -> str:
    code = error.code or (ACCESS_DENIED if error.status in {"401", "403"} else "")
    region = _xml_element(error.text, "Region")
    if code == WRONG_REGION and not region:
        return OTHER_REGION
    if code in AWS_ERRORS:
        return AWS_ERRORS[code].format(
            action=error.action, permissions=S3_PERMISSIONS, region=region
        )
    message = _xml_element(error.text, "Message")[:SHOWN].rstrip(".")
    return f"the request was refused: {error.status} {code} {message}".rstrip()


def _xml_element(text: str, name: str) -> str:
    """Return the text of an element of the response; empty if there is none."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1].strip() if found else ""
