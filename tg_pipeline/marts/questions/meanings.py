"""Where wordings point: those that point the same way mean the same, as far as words tell."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy import sparse

from tg_pipeline.marts.questions.matrices import Floats, Numbers, lengths_of, scaled
from tg_pipeline.marts.questions.pieces import directions_of
from tg_pipeline.marts.questions.wordings import Wordings

ROWS: Final = 8_192
"""Wordings measured at a time."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """Wordings as sums of their words; the sums themselves are made when they are needed."""

    holds: sparse.csr_array
    """A row a wording, a column a word: 1 where it holds it."""
    words: sparse.csr_array
    """The direction of each word, as long as the word is telling and rare."""
    lengths: Floats
    """How long the sum of each wording is."""

    @classmethod
    def of(cls, wordings: Wordings) -> Self:
        """Weigh the words: the fewer wordings hold one, the more it says."""
        holds = wordings.holds
        held = np.bincount(holds.indices, minlength=holds.shape[1])
        rarity = np.log((1 + holds.shape[0]) / (1 + held)) + 1
        weights = (wordings.tells * rarity).astype(np.float32)
        words = scaled(directions_of(wordings.vocabulary), weights)
        starts = range(0, holds.shape[0], ROWS)
        lengths = [lengths_of(holds[start : start + ROWS] @ words) for start in starts]
        return cls(holds, words, np.concatenate(lengths))

    def vectors(self, places: Numbers) -> sparse.csr_array:
        """Give some of the wordings as vectors of length 1."""
        return scaled(self.holds[places] @ self.words, 1 / self.lengths[places])
