"""What SQS has against a request, or the way to it: one sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from tg_pipeline.events.errors import EventsQueueError

NO_QUEUE: Final = "there is no such queue: check TG_EVENTS_QUEUE_URL (output EventsQueueUrl)"
NOT_PERMITTED: Final = "the credentials may not {do}: attach the stack's policy (DagsterPolicyArn)"
EXPIRED: Final = "the session has expired: log in again (aws sso login), or renew AWS_SESSION_TOKEN"
UNKNOWN_KEY: Final = "the access key is not known there: check AWS_ACCESS_KEY_ID, or AWS_PROFILE"
MISMATCH: Final = "the secret is not that of the access key: check AWS_SECRET_ACCESS_KEY"
NO_CREDENTIALS: Final = (
    "no AWS credentials are found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or give this machine a role"
)

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
def one_sentence(url: str) -> Iterator[None]:
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
