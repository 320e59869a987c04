"""The texts of the sample, read from content.toml: questions with their phrasings, small talk."""

from importlib.resources import files
from typing import Final

import msgspec

Texts = tuple[str, ...]


class Intent(msgspec.Struct, frozen=True):
    """A thing that people want to know.

    `asks` holds phrasings in Portuguese, `english` and `spanish` those in these languages.
    """

    asks: Texts
    answers: Texts
    english: Texts = ()
    spanish: Texts = ()

    def phrasings(self, language: str) -> Texts:
        """Return the phrasings in a language (pt, en, es), in Portuguese if there are none."""
        return {"en": self.english, "es": self.spanish}.get(language) or self.asks


class BotTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of the bot, and what people write to it only."""

    welcome: str
    fallback: str
    feedback: str
    menu: str
    help: Texts
    reminders: Texts
    welcome_back: str
    you_are_welcome: str
    streaming: str
    again: Texts
    prices: str
    schedule: str
    album: str
    slots: str
    booked: str


class SampleTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All texts of the sample."""

    openers: Texts
    closers: Texts
    again: Texts
    helpful: Texts
    edit_tails: Texts
    captions: Texts
    small_talk: Texts
    bot: BotTexts
    thanks: dict[str, Texts]
    course: tuple[Intent, ...]
    coding: tuple[Intent, ...]


CONTENT: Final = msgspec.toml.decode(
    files(__package__).joinpath("content.toml").read_bytes(), type=SampleTexts
)
