"""What words have in common, letter by letter: typos and endings make no great difference."""

from collections.abc import Iterable
from itertools import chain
from typing import Final
from zlib import crc32

import numpy as np
from scipy import sparse

from tg_pipeline.marts.questions.matrices import lengths_of, scaled

PIECE: Final = 3
"""Letters of a piece, a word's edges included: `prazo` is " pr", "pra", "raz", "azo" and "zo "."""

COLUMNS: Final = 2**16
"""Pieces are told apart by a hash of so many values: their number is bounded."""

LONGEST_WORD: Final = 24
"""Letters of a word that are read."""


def directions_of(words: Iterable[str]) -> sparse.csr_array:
    """Give each word a direction: the cosine of two says how alike they are written."""
    columns = [_columns_of(word) for word in words]
    starts = np.cumsum([0, *map(len, columns)])
    flat = np.fromiter(chain.from_iterable(columns), np.int32, starts[-1])
    ones = np.ones(len(flat), np.float32)
    pieces = sparse.csr_array((ones, flat, starts), shape=(len(columns), COLUMNS))
    pieces.sum_duplicates()
    found = np.bincount(pieces.indices, minlength=COLUMNS)
    rarity = np.log((1 + len(columns)) / (1 + found)) + 1
    pieces.data *= rarity[pieces.indices].astype(np.float32)
    return scaled(pieces, 1 / lengths_of(pieces))


def _columns_of(word: str) -> list[int]:
    edged = f" {word[:LONGEST_WORD]} "
    starts = range(max(1, len(edged) - PIECE + 1))
    return [crc32(edged[start : start + PIECE].encode()) % COLUMNS for start in starts]
