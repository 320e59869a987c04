"""What is left of texts that say the same in the same words: one wording, a set of words."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from scipy import sparse

from tg_pipeline.marts.questions.matrices import NOWHERE, Floats, Numbers
from tg_pipeline.marts.questions.vocabulary import held_words, read_vocabulary, telling


@dataclass(frozen=True, slots=True)
class Wordings:
    """Distinct sets of telling words, the most used first, and which of them each text is."""

    vocabulary: list[str]
    tells: Floats
    """How much each word tells."""
    holds: sparse.csr_array
    """A row a wording, a column a word: 1 where it holds it."""
    used: Numbers
    """How often each wording is used."""
    of_texts: Numbers
    """The wording of each text; NOWHERE for one without a word of a subject."""


def read_wordings(texts: pa.Array, used: Numbers) -> Wordings:
    """Give the wordings of distinct texts, of which each is used so often."""
    vocabulary = read_vocabulary(texts)
    tells = np.array([telling(word) for word in vocabulary.to_pylist()], np.float32)
    holds = held_words(texts, vocabulary)
    distinct, first, wording = np.unique(
        _keys_of(vocabulary, holds), return_index=True, return_inverse=True
    )
    times = np.bincount(wording, used, len(distinct)).astype(np.int64)
    # The keys order wordings that are used alike: at random, yet always in the same way.
    order = np.lexsort((distinct, -times))
    order = order[(holds[first[order]] @ (tells == 1)) > 0]
    places = np.full(len(distinct), NOWHERE)
    places[order] = np.arange(len(order))
    holds = holds[first[order]]
    return Wordings(vocabulary.to_pylist(), tells, holds, times[order], places[wording])


def _keys_of(vocabulary: pa.Array, holds: sparse.csr_array) -> Numbers:
    hashes = np.array([_hash(word) for word in vocabulary.to_pylist()], np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes[holds.indices])])
    keys: Numbers = sums[holds.indptr[1:]] - sums[holds.indptr[:-1]]
    return keys


def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
