"""Rows of sparse matrices: how long they are, and made longer or shorter."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats: TypeAlias = npt.NDArray[np.float32]
Numbers: TypeAlias = npt.NDArray[np.int64]
"""Counts, or places in another array."""

NOWHERE = -1
"""A place that is none."""


def lengths_of(rows: sparse.csr_array) -> Floats:
    """Give the length of each row; 1 for one of nothing, which is nothing divided by any."""
    row_numbers = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    squares = np.bincount(row_numbers, rows.data**2, rows.shape[0])
    return np.sqrt(np.where(squares > 0, squares, 1)).astype(np.float32)


def scaled(rows: sparse.csr_array, factors: npt.NDArray[np.floating]) -> sparse.csr_array:
    """Give each row times its factor."""
    data = rows.data * np.repeat(factors, np.diff(rows.indptr))
    return sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape)
