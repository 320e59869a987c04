"""Obstore error → one-sentence StoreError."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, NotModifiedError, PreconditionError
from obstore.store import ObjectStore, S3Store

from lambda_ingest.store import StoreError, first_line

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


ANSWERS: Final = (FileNotFoundError, NotModifiedError, PreconditionError)
"""Errors of obstore's that say how things are."""

SHOWN: Final = 200
"""Characters of a store's own words that are repeated."""

_REQUEST: Final = re.compile(r"performing ([A-Z]+) (\S+)")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_PROVIDER: Final = re.compile(r"External AWS credential provider: (?:\w+: )?(.*)")


class TransientStoreError(StoreError):
    """A store did not answer, or not as it should; the same request may go through later."""


@contextmanager
def translate_errors(store: ObjectStore) -> Iterator[None]:
    """Say in a StoreError what a bucket has against a request, whatever pages obstore says.

    That an object is not there, or is another one than expected, is an answer and stays as it is.
    """
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        told = reason(error, store)
        if told is None:
            raise
        raise told from None


def place_of(store: S3Store) -> str:
    """Give the URI that a bucket was opened by."""
    return "/".join(filter(None, [f"s3://{store.config['bucket']}", store.prefix]))


def reason(error: Exception, store: ObjectStore) -> StoreError | None:
    """Give what is wrong with a bucket; None for an answer, and for what is no bucket."""
    if not isinstance(store, S3Store):
        return None
    refusal = _Refusal.read(error)
    if isinstance(error, ANSWERS) and refusal.code != NO_BUCKET:
        return None
    kind, why = _told(refusal, store.config["bucket"])
    return kind(f"{place_of(store)}: {why}.")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What an error of obstore's says, taken apart; empty where it does not say."""

    text: str
    method: str
    url: str
    status: str
    code: str

    @classmethod
    def read(cls, error: Exception) -> "_Refusal":
        text = str(error)
        request, status = _REQUEST.search(text), _STATUS.search(text)
        return cls(
            text=text,
            method=request[1] if request else "",
            url=request[2] if request else "",
            status=status[1] if status else "",
            code=_element(text, "Code"),
        )

    def is_for(self, bucket: str) -> bool:
        """Say whether the bucket was asked; else it was whoever gives credentials."""
        parts = urlsplit(self.url)
        return f"{parts.path}/".startswith(f"/{bucket}/") or parts.netloc.startswith(f"{bucket}.")

    def what_for(self) -> str:
        if "list request" in self.text:
            return "list it"
        return "read from it" if self.method in {"GET", "HEAD"} else "write to it"


def _told(refusal: _Refusal, bucket: str) -> tuple[type[StoreError], str]:
    provider = _PROVIDER.search(refusal.text)
    if provider:
        return StoreError, f"the credentials can't be renewed: {provider[1][:SHOWN].rstrip('.')}"
    if "Missing AccessKeyId" in refusal.text or (refusal.url and not refusal.is_for(bucket)):
        return StoreError, NO_CREDENTIALS
    told = next((why for sign, why in SIGNS.items() if sign in refusal.text), None)
    if told:
        return StoreError, told
    if not refusal.status:
        return TransientStoreError, _unheard(refusal)
    if refusal.status.startswith("5") or refusal.status in {"408", "409", "429"}:
        return TransientStoreError, BUSY.format(status=f"{refusal.status} {refusal.code}".strip())
    return StoreError, _refused(refusal)


def _refused(refusal: _Refusal) -> str:
    code = refusal.code or ("AccessDenied" if refusal.status in {"401", "403"} else "")
    region = _element(refusal.text, "Region")
    if code == WRONG_REGION and not region:
        return ELSEWHERE
    if code in REASONS:
        return REASONS[code].format(do=refusal.what_for(), region=region)
    words = _element(refusal.text, "Message")[:SHOWN].rstrip(".")
    return f"it refuses to be asked: {refusal.status} {code} {words}".rstrip()


def _unheard(refusal: _Refusal) -> str:
    if "error sending request" not in refusal.text:
        return first_line(ValueError(refusal.text))[:SHOWN].rstrip(".")
    known = (why for sign, why in WHY_UNHEARD.items() if sign in refusal.text)
    host = urlsplit(refusal.url).netloc
    return UNHEARD.format(host=host, why=next(known, "the connection breaks off"))


def _element(text: str, name: str) -> str:
    """Give what an element of the answer holds; empty where there is none."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1].strip() if found else ""
