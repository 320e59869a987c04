"""Which of some wordings mean the same: average linkage, all against all."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from tg_pipeline.marts.questions.matrices import Numbers

ALIKE: Final = 0.25
"""The mean cosine between two groups at which they are one. Decision 4 says how it was chosen."""

ROWS: Final = 256
"""Wordings compared with all others at a time."""


def link(vectors: sparse.csr_array) -> Numbers:
    """Give each row its group, from 0. The memory it takes is the square of the rows."""
    if vectors.shape[0] == 1:
        return np.zeros(1, np.int64)
    tree = linkage(_distances(vectors), "average")
    groups: Numbers = fcluster(tree, 1 - ALIKE, "distance").astype(np.int64)
    return groups - 1


def _distances(vectors: sparse.csr_array) -> npt.NDArray[np.float64]:
    count = vectors.shape[0]
    distances = np.empty(count * (count - 1) // 2)
    across, place = vectors.T.tocsr(), 0
    for start in range(0, count, ROWS):
        cosines = (vectors[start : start + ROWS] @ across).toarray()
        for number, row in enumerate(cosines, start + 1):
            later = row[number:]
            distances[place : place + len(later)] = 1 - later
            place += len(later)
    return np.clip(distances, 0, 1, out=distances)
