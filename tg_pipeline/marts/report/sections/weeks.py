"""What sections say that count in whole weeks."""

from datetime import timedelta
from typing import Final

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.words import words_of

REST_OF_A_WEEK: Final = timedelta(days=6)
"""From a Monday to its Sunday."""


def counted_weeks(facts: Facts, say: Speech) -> str:
    """Say from which Monday to which Sunday is counted: a period may begin and end in between."""
    weeks = facts.period.weeks()
    return words_of(say).questions.weeks.format(
        first=say.full_date(weeks[0]), last=say.full_date(weeks[-1] + REST_OF_A_WEEK)
    )
