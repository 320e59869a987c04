"""What messages say: plain words and signs, without what is not their author's asking."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

LONGEST: Final = 1_000
"""Characters of a message that are read: what is asked after them is missed."""

COMMAND: Final = r"(?is)^\s*/[a-z].*"
FORWARDED: Final = r"(?is)^\s*(?:forwarded (?:message )?from|encaminhad[ao] de|reenviado de)\b.*"
CALL: Final = r"(?s)^\s*\w+(?:\.\w+)*\(.*"
STATEMENT: Final = r"(?is)^\s*(?:import|def|class|print|assert|return|const|let|var)\b.*[=(){}].*"
QUERY: Final = r"(?is)^\s*select\b.*\bfrom\b.*"
BLOCK: Final = r"(?s)```.*?(?:```|$)"
QUOTATION: Final = r"(?m)^\s*>.*$"
LINK: Final = r"(?:https?://|www\.|t\.me/)\S+"
MENTION: Final = r"\S*@\S+"
UNSAID: Final = (COMMAND, FORWARDED, CALL, STATEMENT, QUERY, BLOCK, QUOTATION, LINK, MENTION)
"""What a message holds beside the words of its author."""

PLAIN: Final = (
    (r"[\p{M}\p{Cf}'\x{2019}`\x{b4}]+", ""),
    (r"(\w)[-.](\w)", r"\1 \2"),
    (r"\p{Cc}*[\n\r]\p{Cc}*", " . "),
    (r"[^a-z0-9?!.,;:¿]+", " "),
    (r" *([.,;:!¿])[.,;:! ]*", r" \1 "),
    (r"[.,;:! ]*\?[?!., ]*", " ? "),
)
"""Accents, apostrophes and what has no width go; every sign stands for itself. In this order."""


def said(texts: pa.Array) -> pa.Array:
    """Give what each text says: lower case, no accents, one space between words and signs."""
    read = pc.utf8_slice_codeunits(texts, 0, LONGEST)
    for pattern in UNSAID:
        read = pc.replace_substring_regex(read, pattern, " ")
    read = pc.utf8_lower(pc.utf8_normalize(read, form="NFKD"))
    for pattern, plain in PLAIN:
        read = pc.replace_substring_regex(read, pattern, plain)
    return pc.utf8_trim_whitespace(read)
