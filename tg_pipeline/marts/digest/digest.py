"""The whole digest: facts in, a message and a picture out."""

from dataclasses import dataclass

from tg_pipeline.marts.digest.bars import bars_of
from tg_pipeline.marts.digest.edition import Edition
from tg_pipeline.marts.digest.text import chart_title, digest_text, kind_words
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.telegram.messages import Lines, plain


@dataclass(frozen=True, slots=True)
class Digest:
    """What is sent."""

    edition: Edition
    text: Lines
    png: bytes
    caption: Lines


def render(facts: Facts, earlier: Facts | None, edition: Edition, say: Speech) -> Digest:
    """Give the digest of a period; `earlier` is the period before, None where it is not known."""
    # The charts take a second to import: only what draws them waits for it.
    from tg_pipeline.marts.digest.picture import picture  # noqa: PLC0415

    heading = chart_title(edition, say)
    legend = kind_words(edition, say).legend if earlier else ""
    bars = bars_of(facts, earlier, edition, say)
    return Digest(
        edition=edition,
        text=digest_text(facts, edition, say),
        png=picture(bars, heading, legend, say.language),
        caption=[(plain(heading),)],
    )
