"""Compose the digest from the lake, and post it to the admin chat, each message at most once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tg_pipeline.builds.report import ReportSource, are_marts_behind, load_report_data
from tg_pipeline.builds.staleness import day_states
from tg_pipeline.lake.footers import Footers
from tg_pipeline.landing.zone import iter_days
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.report.digest import Digest, render_digest
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE, load_messages
from tg_pipeline.report.models import DigestPeriod, ReportData
from tg_pipeline.storage.idempotency import Claim, IdempotencyStore
from tg_pipeline.telegram.errors import (
    BadRequestError,
    DeliveryUnknownError,
    TelegramError,
    explain_refusal,
)
from tg_pipeline.telegram.messages import Lines, RateLimitRetry, send_message, send_photo

if TYPE_CHECKING:
    # Its HTTP library takes 0.1 s to import, so only code that calls Telegram imports it.
    from tg_pipeline.telegram.client import BotApiClient

TEXT: Final = "text"
CHART: Final = "chart"
"""The two messages of a digest."""


class NotBuiltError(Exception):
    """The data of a digest is not built; the message says which, and what to do."""


class PostOutcome(Enum):
    """The outcome of posting a message."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    IN_DOUBT = "in doubt"
    """An earlier attempt got no response, so the message may be in the chat or not."""


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """The outcome of one of a digest's two messages."""

    part: str
    """TEXT or CHART."""
    outcome: PostOutcome


@dataclass(frozen=True, slots=True)
class AdminChat:
    """A chat to which each message is posted at most once, by its idempotency key.

    A key is acquired before its message is sent, and released only if Telegram certainly did not
    send it. A message whose delivery is unknown is therefore not repeated, except with `again`.
    Posting raises TelegramError, and the errors of the store of the keys.
    """

    api: "BotApiClient"
    chat: str
    claims: IdempotencyStore
    patience: RateLimitRetry

    def post_text(self, key: str, text: Lines, *, again: bool = False) -> PostOutcome:
        """Send a text, unless its key was acquired before."""
        return self._post(key, lambda: send_message(self.api, self.chat, text), again=again)

    def post_photo(
        self, key: str, png: bytes, caption: Lines, *, again: bool = False
    ) -> PostOutcome:
        """Send a picture, unless its key was acquired before."""
        return self._post(key, lambda: send_photo(self.api, self.chat, png, caption), again=again)

    def _post(self, key: str, send: Callable[[], int], *, again: bool) -> PostOutcome:
        # The key is released while it waits, so a process killed then has sent nothing.
        return self.patience.call(lambda: self._try(key, send, again=again))

    def _try(self, key: str, send: Callable[[], int], *, again: bool) -> PostOutcome:
        before = None
        if again:
            before = self.claims.force_acquire(key)
        elif not self.claims.acquire(key):
            return earlier_outcome(self.claims.read(key))
        try:
            message_id = send()
        except TelegramError as error:
            failure = self._failure(key, before, error)
        else:
            self.claims.complete(key, message_id)
            return PostOutcome.SENT
        raise failure

    def _failure(self, key: str, before: Claim | None, error: TelegramError) -> TelegramError:
        if error.may_have_succeeded:
            return DeliveryUnknownError(
                f"{error} The message may have arrived anyway, so it is not sent again "
                "automatically."
            )
        self.claims.release(key, before)
        if isinstance(error, BadRequestError):
            return BadRequestError(
                explain_refusal(error, self.chat), error.description, error.migrate_to_chat_id
            )
        return error


def earlier_outcome(claim: Claim | None) -> PostOutcome:
    """Return the outcome of another process's attempt; None is a key that was just released."""
    is_sent = claim and claim.message_id is not None
    return PostOutcome.SENT_BEFORE if is_sent else PostOutcome.IN_DOUBT


def compose_digest(source: ReportSource, period: DigestPeriod, fmt: Formatter) -> Digest:
    """Compose the digest of a period; raises NotBuiltError unless all its days are built."""
    footers = Footers(source.lake)
    if reason := not_built_reason(source, period, footers):
        raise NotBuiltError(reason)
    data = load_report_data(source, period.period, footers=footers)
    if data is None:
        raise NotBuiltError("The lake is empty.")
    previous = _load_previous(source, period, footers) if data.previous else None
    return render_digest(data if previous else replace(data, previous=None), previous, period, fmt)


def not_built_reason(
    source: ReportSource,
    period: DigestPeriod,
    footers: Footers | None = None,
    language: str = DEFAULT_LANGUAGE,
) -> str | None:
    """Return which data is not built, so that its days would count as zero; None if all is built.

    A day without landed objects need not be built, except for the last one: the lake may end
    before it because nothing builds it any more.
    """
    footers, texts = footers or Footers(source.lake), load_messages(language).builds
    days = list(iter_days(period.period.first, period.period.last))
    if not footers.footer(ENRICHED_UPDATES.name, days[-1]):
        return texts.not_built.format(day=days[-1])
    states = day_states(source.landing, source.lake, days, source.layer_parameters, footers)
    missing = [state.day for state in states if state.has_something and not state.is_complete]
    if missing:
        return texts.not_built.format(day=missing[0])
    if are_marts_behind(source, period.period, footers):
        return texts.marts_behind
    return None


def post_digest(chat: AdminChat, digest: Digest, *, again: bool = False) -> Iterator[PostedMessage]:
    """Send the text, then the chart, and return the outcome of each; raises TelegramError."""
    text_key = idempotency_key(chat.chat, digest.period, TEXT)
    chart_key = idempotency_key(chat.chat, digest.period, CHART)
    yield PostedMessage(TEXT, chat.post_text(text_key, digest.text, again=again))
    outcome = chat.post_photo(chart_key, digest.png, digest.caption, again=again)
    yield PostedMessage(CHART, outcome)


def is_posted(claims: IdempotencyStore, chat: str, period: DigestPeriod) -> bool:
    """Check whether both messages of a digest were attempted, so that none is left to send."""
    return all(claims.read(idempotency_key(chat, period, part)) for part in (TEXT, CHART))


def idempotency_key(chat: str, period: DigestPeriod, part: str) -> str:
    """Return the key of a message of a digest; @names of chats are case-insensitive."""
    return f"digests/{chat.lower()}/{period.name}/{part}.json"


def _load_previous(
    source: ReportSource, period: DigestPeriod, footers: Footers
) -> ReportData | None:
    """Return the data of the previous period; None if it is not built."""
    previous = period.previous()
    if not_built_reason(source, previous, footers):
        return None
    return load_report_data(source, previous.period, footers=footers)
