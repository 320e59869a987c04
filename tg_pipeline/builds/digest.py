"""The digest, made of the lake as it is, and posted: each half at most once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tg_pipeline.builds.admin_chat import AdminChat, Outcome
from tg_pipeline.builds.digest_due import NotBuiltError, why_not_ready
from tg_pipeline.builds.report_facts import Subject, gather
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.marts.digest.digest import Digest, render
from tg_pipeline.marts.digest.edition import Edition
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.speech import Speech

TEXT: Final = "text"
CHART: Final = "chart"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one of a digest's two messages."""

    part: str
    """TEXT or CHART."""
    outcome: Outcome


def compose(subject: Subject, edition: Edition, say: Speech) -> Digest:
    """Make the digest; raises NotBuiltError where its days are not all built."""
    if reason := why_not_ready(subject, edition):
        raise NotBuiltError(reason)
    facts = gather(subject, edition.period)
    if facts is None:
        raise NotBuiltError("The lake is empty.")
    earlier = _earlier(subject, edition) if facts.before else None
    return render(facts if earlier else replace(facts, before=None), earlier, edition, say)


def _earlier(subject: Subject, edition: Edition) -> Facts | None:
    """Give the facts of the period before; None where it is not built, and no zeros either."""
    before = edition.before()
    return None if why_not_ready(subject, before) else gather(subject, before.period)


def post(chat: AdminChat, digest: Digest, *, again: bool = False) -> Iterator[Posted]:
    """Send the text, then the chart, and give what became of each; raises TelegramError."""
    name, edition = chat.chat, digest.edition
    text, png = digest.text, digest.png
    yield Posted(TEXT, chat.post_text(key(name, edition, TEXT), text, again=again))
    caption = digest.caption
    yield Posted(CHART, chat.post_photo(key(name, edition, CHART), png, caption, again=again))


def is_posted(claims: IdempotencyStore, chat: str, edition: Edition) -> bool:
    """Say whether both messages of a digest were begun, so that nothing is left to send."""
    return all(claims.read(key(chat, edition, part)) for part in (TEXT, CHART))


def key(chat: str, edition: Edition, part: str) -> str:
    """Give the key that a part of a digest is claimed under; @names are the same in any case."""
    return f"digests/{chat.lower()}/{edition.name}/{part}.json"
