"""Questions that got the same answers, as a sign that they are about the same topic."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse
from scipy.sparse.linalg import norm
from sklearn.preprocessing import normalize

from tg_pipeline.questions.meanings import STEPS
from tg_pipeline.questions.similarity import COMPARED_ROWS, SIMILARITY_DECIMALS
from tg_pipeline.questions.vectors import NONE, Floats, Integers

MIN_COHESION: Final = 0.1
"""The mean similarity of the texts that got an answer, from which on it says what they are about.

Texts that got `yes`, or that the bot did not understand, are less similar.
"""

MIN_RATIO: Final = 2.0
"""To the mean similarity of all texts, which is about 0.02, but more in a small chat."""


def given_answers(of_questions: Integers, answers: pa.Array, count: int) -> sparse.csr_array:
    """Return how often each of the first `count` unique texts got each answer.

    One row per unique text, one column per answer. `answers` are those of the questions: equal
    strings for the same answer, null where there is none.
    """
    answers = answers.dictionary_encode()
    numbers = answers.indices.fill_null(NONE).to_numpy()
    used = (numbers != NONE) & (of_questions != NONE) & (of_questions < count)
    place = (of_questions[used], numbers[used])
    given = sparse.csr_array(
        (np.ones(len(place[0])), place), shape=(count, len(answers.dictionary))
    )
    given.sum_duplicates()
    return given


def telling_answers(pairwise: Floats, given: sparse.csr_array) -> Integers:
    """Return the columns of the answers that say what the texts which got them are about.

    The rows of `given` are the texts of `pairwise`.
    """
    count = len(pairwise)
    shared: Integers = np.flatnonzero(np.bincount(given.indices, minlength=given.shape[1]) > 1)
    if not len(shared):
        return shared
    usual = (pairwise.sum(dtype=np.float64) - count) / (count * (count - 1))
    cohesion = _cohesion(given[:, shared], pairwise)
    telling: Integers = shared[cohesion >= max(MIN_COHESION, MIN_RATIO * usual)]
    return telling


def add_answers(pairwise: Floats, given: sparse.csr_array, telling: Integers) -> None:
    """Raise the similarities of texts that got the same answers, in place.

    Each text is compared by its likeness to all texts: how many answers it shares with each. So two
    texts are alike if both share answers with a third one, as rare texts do that each got one of
    several answers to the same question. A similarity becomes about 1 if the likeness is the same,
    and all answers are `telling`. The rows of `given` are the texts of `pairwise`.
    """
    if not len(telling):
        return
    answers = normalize(given)[:, telling]
    shares = norm(answers, axis=1)
    rows = np.flatnonzero(shares)
    answers, shares = normalize(answers[rows]).astype(np.float32), shares[rows].astype(np.float32)
    likeness = normalize(answers @ answers.T, copy=False).toarray()
    likeness *= STEPS
    # Products of whole numbers are the same in any order of adding them.
    np.rint(likeness, out=likeness)
    for start in range(0, len(rows), COMPARED_ROWS):
        some = slice(start, start + COMPARED_ROWS)
        alike = np.minimum(likeness[some] @ likeness.T / np.float32(STEPS**2), 1)
        alike *= shares[some][:, None] * shares
        place = np.ix_(rows[some], rows)
        pairwise[place] += (1 - pairwise[place]) * alike**2
    np.round(pairwise, SIMILARITY_DECIMALS, out=pairwise)


def _cohesion(given: sparse.csr_array, pairwise: Floats) -> npt.NDArray[np.float64]:
    """Return the mean similarity of the texts that got each answer; at least two did."""
    got = (given.T > 0).astype(np.float32).tocsr()
    sums = []
    for start in range(0, got.shape[0], COMPARED_ROWS):
        some = got[start : start + COMPARED_ROWS]
        sums.append((some * (some @ pairwise)).sum(axis=1, dtype=np.float64))
    sizes = np.diff(got.indptr)
    # A text's similarity to itself is 1, and is left out.
    means = (np.concatenate(sums) - sizes) / (sizes * (sizes - 1))
    rounded: npt.NDArray[np.float64] = np.round(means, SIMILARITY_DECIMALS)
    return rounded
