"""Which group a wording belongs to, once there are groups."""

from typing import Final

import numpy as np
from scipy import sparse

from tg_pipeline.marts.questions.linking import ALIKE
from tg_pipeline.marts.questions.matrices import NOWHERE, Numbers, lengths_of
from tg_pipeline.marts.questions.meanings import Meanings

ROWS: Final = 2_048
"""Words, or wordings, compared with all groups at a time."""

FAINT: Final = 0.15
"""A cosine of a word and a group below which the word is foreign to it: a chance likeness."""


def join(meanings: Meanings, places: Numbers, centres: sparse.csr_array) -> Numbers:
    """Give each of some wordings the group it is most like, or NOWHERE where it is like none."""
    joined = np.full(len(places), NOWHERE)
    shares = _shares(meanings.words, centres)
    for start in range(0, len(places), ROWS):
        some = places[start : start + ROWS]
        groups, cosines = _best(meanings.holds[some] @ shares)
        like = cosines >= ALIKE * meanings.lengths[some]
        joined[start : start + ROWS] = np.where(like, groups, NOWHERE)
    return joined


def centres_of(vectors: sparse.csr_array, groups: Numbers) -> sparse.csr_array:
    """Give the mean of each group: a cosine with it is the mean of the cosines with its rows."""
    shares = (1 / np.bincount(groups))[groups].astype(np.float32)
    return sparse.csr_array((shares, (groups, np.arange(len(groups))))) @ vectors


def _shares(words: sparse.csr_array, centres: sparse.csr_array) -> sparse.csr_array:
    across, lengths = centres.T.tocsr(), lengths_of(words)
    blocks = []
    for start in range(0, words.shape[0], ROWS):
        near = words[start : start + ROWS] @ across
        faint = FAINT * np.repeat(lengths[start : start + ROWS], np.diff(near.indptr))
        near.data[near.data < faint] = 0
        near.eliminate_zeros()
        blocks.append(near)
    return sparse.vstack(blocks, format="csr")


def _best(near: sparse.csr_array) -> tuple[Numbers, Numbers]:
    groups, cosines = np.full(near.shape[0], NOWHERE), np.full(near.shape[0], -np.inf)
    some = np.flatnonzero(np.diff(near.indptr))
    if len(some):
        starts = near.indptr[some]
        cosines[some] = np.maximum.reduceat(near.data, starts)
        is_best = near.data == np.repeat(cosines, np.diff(near.indptr))
        candidates = np.where(is_best, near.indices, near.shape[1])
        groups[some] = np.minimum.reduceat(candidates, starts)
    return groups, cosines
