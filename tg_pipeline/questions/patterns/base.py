"""The patterns and word lists that the module of each language fills in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LanguagePatterns:
    """Patterns that recognize questions in one language.

    Patterns use RE2 syntax, one per line, and are matched against the result of
    `detection.normalize`: lower case, no accents, a space around each punctuation mark. A clause is
    the text between two punctuation marks.
    """

    code: str
    """ISO 639-1: pt, en or es."""

    abbreviations: str
    """Abbreviations of chats and their full form, separated by a colon."""

    greetings: str
    """Greetings, thanks and forms of address that may precede a question."""

    question_starts: str
    """Starts of a clause that is a question, with or without a question mark."""

    requests: str
    """Requests for an answer, anywhere in the text."""

    problems: str
    """Reports of something that does not work: a request for help unless an answer follows."""

    answers: str
    """Answers, reports and solved problems: not a question unless there is a question mark."""

    reactions: str
    """Sentences that are not questions even if a question mark follows."""

    stop_words: str
    """Words that say nothing about the subject of a question."""

    question_words: str
    """Interrogatives, which say less about the subject than other words."""

    common_words: str
    """Words by which the language is recognized, in addition to these two lists."""

    suffixes: str
    """Endings of many of its words and of few words of the other languages, separated by a bar."""

    special_characters: str
    """Letters and punctuation marks that the other languages do not have."""
