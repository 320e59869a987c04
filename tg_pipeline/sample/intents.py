"""What a question is about: its phrasings and its answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing people want to know.

    `asks` holds phrasings in Portuguese, `english` and `spanish` those of the few who write so.
    """

    asks: tuple[str, ...]
    answers: tuple[str, ...]
    english: tuple[str, ...] = ()
    spanish: tuple[str, ...] = ()

    def phrasings(self, language: str) -> tuple[str, ...]:
        """How it is asked in a language (pt, en, es); in Portuguese where it never is."""
        return {"en": self.english, "es": self.spanish}.get(language) or self.asks
