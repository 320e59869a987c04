"""Bit rot: a flipped bit in the values of a Parquet file."""

from pathlib import Path

import pyarrow.parquet as pq


def flip_value(path: Path) -> bytes:
    """Flip a bit in the values of a file's first column; return the content before."""
    content = path.read_bytes()
    column = pq.read_metadata(path).row_group(0).column(0)
    first = column.dictionary_page_offset or column.data_page_offset
    last = first + column.total_compressed_size - 1
    path.write_bytes(content[:last] + bytes([content[last] ^ 1]) + content[last + 1 :])
    return content
