"""A fingerprint of rows, which does not depend on the batches that they come in."""

import hashlib
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

FINGERPRINT_CHARACTERS: Final = 32
"""Characters kept of a SHA-256 in hexadecimal: 128 bits distinguish any two contents."""


class RowHasher:
    """Hashes columns without nulls: of fixed-width numbers and instants, of text and of bytes."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Hash the columns of these names; other columns do not count."""
        self._values = {name: hashlib.sha256() for name in columns}
        self._lengths = {name: hashlib.sha256() for name in columns}

    def update(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        for name, values in self._values.items():
            column = batch[name]
            if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
                self._lengths[name].update(_fixed_width(pc.binary_length(column)))
                values.update(_text(column))
            else:
                values.update(_fixed_width(column))

    def fingerprint(self) -> str:
        """Return the fingerprint of the rows added so far."""
        whole = hashlib.sha256()
        for name, values in self._values.items():
            whole.update(name.encode() + values.digest() + self._lengths[name].digest())
        return whole.hexdigest()[:FINGERPRINT_CHARACTERS]


def _fixed_width(column: pa.Array) -> memoryview:
    width = column.type.bit_width // 8
    data = column.buffers()[1]
    start = column.offset * width
    return memoryview(data or b"")[start : start + len(column) * width]


def _text(column: pa.Array) -> memoryview:
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return memoryview(b"")
    bounds = memoryview(offsets).cast("i")
    return memoryview(data)[bounds[column.offset] : bounds[column.offset + len(column)]]
