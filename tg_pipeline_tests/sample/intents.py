"""Which intent each question of the sample has."""

from typing import Final

from tg_pipeline.sample.content import CONTENT

INTENTS: Final = (*CONTENT.course, *CONTENT.coding)

COMMAND: Final = "/aulas módulo 2"
"""The command of the sample that asks for something: an intent after those in words."""

_PHRASINGS: Final = sorted(
    (
        (phrasing, number)
        for number, intent in enumerate(INTENTS)
        for phrasing in (*intent.asks, *intent.english, *intent.spanish)
    ),
    key=lambda pair: -len(pair[0]),
)


def intent_of(text: str) -> int | None:
    """Return the intent whose phrasing a text contains, by its number; None if it has none."""
    if text.startswith(COMMAND):
        return len(INTENTS)
    return next((number for phrasing, number in _PHRASINGS if phrasing in text), None)
