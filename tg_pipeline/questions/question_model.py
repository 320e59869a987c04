"""A linear model of how questions are worded, for those that no pattern knows.

It reads the grammatical words of a text and their order (`how do i`, `o que`), and of the others
only whether they look like a past tense, so that it knows nothing about subjects. Its weights are
integers: the same text has the same score on every machine.
`benchmarks/question_model.py` learns them.
"""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_Integers: TypeAlias = npt.NDArray[np.int64]

MAX_WORDS: Final = 30
"""Words of a text that are read."""

LONGEST: Final = 8
"""Texts of this many words or more are of the same length to the model."""

OTHER, PAST, BEGIN, END = "_", "-ou", "<", ">"
"""Stand for any other word, one that looks like a past tense, and the begin and end of the text."""

_PAST: Final = r"[^aeo][eo]u$|iu$|[aei]ram$|(?:a|ie)ron$"
"""Portuguese and Spanish; a Spanish singular (`cerró`) looks like a noun without its accent.

What happened to somebody is mostly told, not asked for.
"""

_PUNCTUATION: Final = "[.,;:!?¿ ]+"


class StoredModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `question_model.toml`."""

    threshold: int
    """The lowest score of a question."""

    words: str
    """The words that the model knows, separated by spaces."""

    weights: str
    """A feature a line: its weight, a colon, and up to three words, or a number of words."""


class Features(NamedTuple):
    """The features of texts: each is one of a text, by the text's index and the feature's code."""

    texts: _Integers
    codes: _Integers


class Vocabulary:
    """The words that a model knows, and the codes of features made of them.

    A feature is a word, two words in a row, the first three words, or the number of words.
    """

    def __init__(self, words: list[str]) -> None:
        """Know `words`, and no others."""
        self._words = pa.array([OTHER, PAST, BEGIN, END, *words])
        self._ids = {word: index for index, word in enumerate(self._words.to_pylist())}

    def features(self, clauses: pa.Array) -> Features:
        """Return the features of the results of `detection.question_clauses`."""
        plain = pc.replace_substring_regex(clauses, _PUNCTUATION, " ")
        words = pc.list_slice(pc.split_pattern(pc.utf8_trim(plain, " "), " "), 0, MAX_WORDS)
        counts = pc.list_value_length(words).to_numpy()
        # Each text between its begin and its end.
        ends = np.cumsum(counts + 2)
        ids = np.zeros(ends[-1] if len(ends) else 0, np.int64)
        begins = ends - counts - 2
        ids[begins], ids[ends - 1] = self._ids[BEGIN], self._ids[END]
        inner = np.ones(len(ids), bool)
        inner[begins] = inner[ends - 1] = False
        ids[inner] = self._ids_of(pc.list_flatten(words))
        texts = np.repeat(np.arange(len(counts)), counts + 2)
        is_pair = texts[1:] == texts[:-1]
        starts = begins[counts > 1]
        codes = [
            self._code(ids[inner]),
            self._code(ids[:-1][is_pair], ids[1:][is_pair]),
            self._code(ids[starts + 1], ids[starts + 2], ids[starts + 3]),
            -np.minimum(counts, LONGEST).astype(np.int64),
        ]
        owners = [texts[inner], texts[:-1][is_pair], texts[starts], np.arange(len(counts))]
        return Features(np.concatenate(owners), np.concatenate(codes))

    def _ids_of(self, words: pa.Array) -> _Integers:
        # Each distinct word is looked up once.
        distinct = words.dictionary_encode()
        is_past = pc.match_substring_regex(distinct.dictionary, _PAST)
        others = pc.if_else(is_past, self._ids[PAST], self._ids[OTHER])
        ids = pc.coalesce(pc.index_in(distinct.dictionary, self._words), others)
        taken: _Integers = ids.take(distinct.indices).to_numpy()
        return taken

    def _code(self, *ids: _Integers) -> _Integers:
        """Return a number for each word, pair or triple of words; 0 is no code."""
        code = np.zeros(len(ids[0]), np.int64)
        for each in ids:
            code = code * (len(self._words) + 1) + each + 1
        return code

    def code(self, name: str) -> int:
        """Return the code of a feature by its name in the file."""
        if name.isdigit():
            return -int(name)
        return int(self._code(*(np.array([self._ids[word]]) for word in name.split()))[0])

    def name(self, code: int) -> str:
        """Return the name of a feature by its code."""
        if code < 0:
            return str(-code)
        words: list[str] = []
        while code:
            code, word = divmod(code, len(self._words) + 1)
            words.insert(0, self._words[word - 1].as_py())
        return " ".join(words)


class QuestionModel:
    """Scores texts by the weights of their features."""

    def __init__(self, stored: StoredModel) -> None:
        """Use the weights of a file."""
        self._vocabulary = Vocabulary(stored.words.split())
        self._threshold = stored.threshold
        lines = (line.partition(":") for line in stored.weights.strip().split("\n"))
        weights = sorted((self._vocabulary.code(name), int(weight)) for weight, _, name in lines)
        self._codes, self._weights = np.array(weights, np.int64).T

    def is_question(self, clauses: pa.Array) -> pa.Array:
        """Return, for each result of `detection.question_clauses`, whether it reads like one."""
        texts, codes = self._vocabulary.features(clauses)
        places = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        weights = np.where(self._codes[places] == codes, self._weights[places], 0)
        # Sums of integers below 2**53 are exact.
        scores = np.bincount(texts, weights, minlength=len(clauses))
        return pa.array(scores >= self._threshold)


@cache
def load_model() -> QuestionModel:
    """Read the model of the package."""
    text = files(__package__).joinpath("question_model.toml").read_text("utf-8")
    return QuestionModel(msgspec.toml.decode(text, type=StoredModel))
