"""How a language asks: the patterns and the words that each language's module fills in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asking:
    """What asking looks like in one language.

    Patterns are RE2's, one a line, and are matched against what `reading.said` gives: lower case,
    no accents, a space around each sign. A clause is what stands between two such signs.
    """

    code: str
    """pt, en or es."""

    short_forms: str
    """What people write for short, and what it stands for, a colon between them."""

    courtesies: str
    """Greetings, thanks, and words that call somebody: a question may begin with them."""

    openings: str
    """A clause that begins so asks, with or without a question mark."""

    appeals: str
    """Asks wherever it stands."""

    troubles: str
    """Tells of what does not work: asks for help unless it is taken back."""

    answers: str
    """Takes back what asks without a question mark: it answers, reports, or is done with."""

    reactions: str
    """Sentences that ask nothing although a question mark may follow."""

    fillers: str
    """Words that do not tell what is asked."""

    question_words: str
    """Words that tell how it is asked rather than what about."""

    common: str
    """Words, beside these, by which the language is known."""

    endings: str
    """How many of its words end and few of the other languages', a bar between them."""

    signs: str
    """Letters and signs that it has and the others have not."""
